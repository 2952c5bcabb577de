// Which elements of an axis make up which of the resized axis, as ONNX defines its Resize (operator
// set 19). What onnx_resize.cc makes constants of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace qconvert {

/// How all axes of a Resize are resampled: ONNX's attributes.
struct Resampling {
  std::string mode = "nearest";                 ///< nearest, linear or cubic
  std::string transform = "half_pixel";         ///< coordinate_transformation_mode
  std::string rounding = "round_prefer_floor";  ///< nearest_mode
  float cubic_a = -0.75F;
  bool antialias = false, exclude_outside = false;
};

/// One axis.
struct ResampledAxis {
  int64_t in = 1, out = 1;
  float scale = 1;                   ///< as given, or out / in
  float roi_begin = 0, roi_end = 1;  ///< of tf_crop_and_resize, parts of the axis
};

/// Returns for each element of the resized axis which one it is. Only of mode "nearest".
///   result  [out]
std::vector<int32_t> NearestPlaces(const Resampling& resampling, const ResampledAxis& axis);

/// Returns the part that each element has in those of the resized axis. Rows of elements outside
/// the axis are 0.
///   result  [out,in]
std::vector<float> WeightMatrix(const Resampling& resampling, const ResampledAxis& axis);

/// Returns which elements of the resized axis tf_crop_and_resize takes from outside.
///   result  [out]
std::vector<bool> OutsideAxis(const Resampling& resampling, const ResampledAxis& axis);

}  // namespace qconvert

// The samples of a run: one reader for every kind of --data. calibration/ and evaluation/ draw from
// it through a session's ports.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/graph/element_type.h"
#include "lib/graph/shape.h"
#include "lib/samples/picture.h"
#include "lib/samples/preprocessing.h"

namespace qconvert {

/// One input of the model, as the ONNX model declares it.
struct SampleInput {
  std::string name;
  Shape shape;
  ElementType type = ElementType::kFloat32;
};

/// Samples of one source. Nothing but file names is held; Read may be called from several threads.
class SampleSet {
 public:
  virtual ~SampleSet() = default;
  virtual size_t size() const = 0;
  /// Returns how many samples the source holds, of which size() were chosen.
  virtual size_t available() const = 0;
  /// Returns which of them sample i is.
  virtual size_t place(size_t i) const = 0;
  /// Returns what to call sample i: a path below the folder, or "file[i]".
  virtual std::string name(size_t i) const = 0;
  /// Returns one value per model input: float32 (or the input's integer type), of its shape.
  ///   Throws Error(kUnusable), with the sample's name, when it is damaged, has the wrong shape, or
  ///   holds NaN or infinity.
  virtual std::vector<std::vector<std::byte>> Read(size_t i) const = 0;
  /// Returns the picture that sample i is made of, of its first input; nothing when that is none.
  ///   Throws Error(kUnusable), with the sample's name, when it is damaged.
  virtual std::optional<Picture> Look(size_t i) const = 0;
};

/// Opens the samples at `paths`: "PATH", or "NAME=PATH" for one input of several. A path is a
/// folder of pictures (sub-folders included, in file-name order), one picture, an .npy, an .npz
/// whose keys are input names, an IDX file, or a folder of ONNX input_*.pb files (or of
/// test_data_set_*).
///   limit  at most so many samples, spread evenly over what is there; 0: all
///   Throws Error(kUnusable) when there are none or they do not fit, Error(kUsage) when NAME is not
///   an input.
std::unique_ptr<SampleSet> OpenSamples(const std::vector<std::string>& paths,
                                       const std::vector<SampleInput>& inputs,
                                       const Preprocessing& preprocessing, size_t limit);

/// Returns the files that OpenSamples may read for one of its paths: those that can be samples of a
/// folder, else the path itself. "NAME=PATH" gives those of PATH too, since only the model tells
/// whether NAME is an input.
///   Throws Error(kUnusable) when a folder cannot be read.
std::vector<std::string> SampleFiles(const std::string& path);

/// Returns the folder's test_data_set_* folders, sorted; they hold the vectors that ship with a
/// model.
std::vector<std::string> FindTestVectors(const std::string& model_path);

}  // namespace qconvert

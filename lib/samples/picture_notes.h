// What a user is told of the pictures among samples: how they become values, and which files are
// none that we read.
#pragma once

#include <string>
#include <vector>

#include "lib/samples/preprocessing.h"

namespace qconvert {

/// Returns how pictures become values, such as "shorter side 256, crop 224x224, values 0 to 1, mean
/// 0.485,0.456,0.406, std 0.229,0.224,0.225"; empty when `paths`, as OpenSamples takes them, hold
/// no pictures.
std::string DescribePictures(const std::vector<std::string>& paths,
                             const Preprocessing& preprocessing);

/// Returns which files of folders are pictures of other formats than we read, such as "2 .webp, 1
/// .heic"; empty when none are.
std::string OtherPictures(const std::vector<std::string>& paths);

}  // namespace qconvert

#include "lib/samples/picture_notes.h"

#include <catch2/catch.hpp>

#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

TEST_CASE("How pictures become values is said of pictures alone", "[samples]") {
  const ScratchFolder folder;
  folder.Write("a/x.JPEG", "");
  folder.Write("arrays/x.npy", "");
  Preprocessing p;
  CHECK(DescribePictures({folder / "a"}, p) ==
        "just large enough for the crop, crop of the input's size, values 0 to 1, mean 0, std 1");
  p.resize = 256;
  p.crop_height = 224;
  p.crop_width = 192;
  p.mean = {0.5F, 0.25F, 1};
  p.std = {2};
  p.bgr = true;
  CHECK(DescribePictures({"x=" + (folder / "a")}, p) ==
        "shorter side 256, crop 224x192, values 0 to 1, mean 0.5,0.25,1, std 2, BGR");
  CHECK(DescribePictures({folder / "arrays"}, p) == "");
  CHECK(DescribePictures({folder / "arrays/x.npy"}, p) == "");
}

TEST_CASE("Pictures of other formats are counted by kind, in sub-folders too", "[samples]") {
  const ScratchFolder folder;
  for (const char* name : {"a.jpg", "b.webp", "c/d.WEBP", "c/e.heic", "Thumbs.db"}) {
    folder.Write(name, "");
  }
  CHECK(OtherPictures({folder.path()}) == "1 .heic, 2 .webp");
  CHECK(OtherPictures({folder / "a.jpg"}) == "");
}

}  // namespace
}  // namespace qconvert

// Samples of every source as a model's input values.
#include "lib/samples/sample_set.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <onnx.pb.h>
#include <png.h>

#include "test/samples/array_files.h"
#include "test/samples/compressed.h"
#include "test/samples/encode_picture.h"
#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<std::string>;

const SampleInput kTwoFloats{"x", {1, 2}};
const SampleInput kPixel{"pixel", {1, 1, 1, 1}};

std::unique_ptr<SampleSet> Open(const Paths& paths, const std::vector<SampleInput>& inputs,
                                size_t limit = 0) {
  return OpenSamples(paths, inputs, {}, limit);
}

template <typename T = float>
std::vector<T> Values(const std::vector<std::byte>& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::string GreyPng(uint8_t value) {
  return EncodePng({1, 1, PNG_COLOR_TYPE_GRAY, 8, std::string(1, static_cast<char>(value))});
}

std::string TensorFile(const std::vector<float>& values) {
  onnx::TensorProto proto;
  proto.set_data_type(onnx::TensorProto::FLOAT);
  proto.add_dims(1);
  proto.add_dims(static_cast<int64_t>(values.size()));
  proto.set_raw_data(Raw(values));
  return proto.SerializeAsString();
}

std::vector<std::string> NamesOf(const SampleSet& samples) {
  std::vector<std::string> names;
  for (size_t i = 0; i < samples.size(); ++i) names.push_back(samples.name(i));
  return names;
}

Error RefusalOf(const Paths& paths, const std::vector<SampleInput>& inputs) {
  return ErrorOf([&] {
    const auto samples = Open(paths, inputs);
    for (size_t i = 0; i < samples->size(); ++i) samples->Read(i);
  });
}

TEST_CASE("Pictures of a folder come in the order of their names, sub-folders included",
          "[samples]") {
  const ScratchFolder folder;
  for (const char* name : {"c.png", "a10.png", "a9.PNG", "b/z.png", "b/d/e.png"}) {
    folder.Write(name, GreyPng(51));
  }
  folder.Write("notes.txt", "not a picture");
  fs::create_directory(folder / "folder.png");
  const auto samples = Open({folder.path()}, {kPixel});
  CHECK(NamesOf(*samples) == Paths{"a10.png", "a9.PNG", "b/d/e.png", "b/z.png", "c.png"});
  CHECK(Values(samples->Read(4)[0]) == std::vector<float>{0.2F});
}

TEST_CASE("Links among pictures are followed, in circles only once", "[samples]") {
  const ScratchFolder folder, elsewhere;
  folder.Write("a.png", GreyPng(1));
  elsewhere.Write("b.png", GreyPng(2));
  fs::create_directory_symlink(elsewhere.path(), folder / "link");
  fs::create_directories(elsewhere / "c");
  fs::create_directory_symlink("..", elsewhere / "c/up");
  fs::create_directory_symlink(folder.path(), folder / "loop");
  fs::create_directory_symlink(folder.path(), folder / "another_loop");
  fs::create_symlink("missing.png", folder / "dangling.png");
  fs::create_symlink("itself.png", folder / "itself.png");
  const auto samples = Open({folder / "."}, {kPixel});
  CHECK(NamesOf(*samples) == Paths{"a.png", "link/b.png"});
}

TEST_CASE("A model without inputs has no samples", "[samples]") {
  const ScratchFolder folder;
  for (const char* name : {"x.npy", "x.npz", "pictures/x.png", "x.idx"}) {
    folder.Write(name, "");
    CHECK_THAT(ErrorOf([&] { Open({folder / name}, {}); }),
               IsError(ErrorKind::kUsage, "the model has no inputs to feed"));
  }
}

TEST_CASE("One picture is one sample", "[samples]") {
  const ScratchFolder folder;
  const auto samples = Open({folder.Write("one.png", GreyPng(255))}, {kPixel});
  CHECK(NamesOf(*samples) == Paths{"one.png"});
  CHECK(Values(samples->Read(0)[0]) == std::vector<float>{1});
}

TEST_CASE("A limit spreads its choice evenly over what is there", "[samples]") {
  const ScratchFolder folder;
  std::vector<float> values(20);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const std::string path = folder.Write("x.npy", FloatNpy("(10, 2)", values));
  const auto five = Open({path}, {kTwoFloats}, 5);
  CHECK(five->available() == 10);
  CHECK(NamesOf(*five) == Paths{"x.npy[0]", "x.npy[2]", "x.npy[4]", "x.npy[6]", "x.npy[8]"});
  CHECK(Values(five->Read(4)[0]) == std::vector<float>{16, 17});
  for (size_t i = 0; i < 5; ++i) CHECK(five->place(i) == 2 * i);
  CHECK(Open({path}, {kTwoFloats}, 3)->size() == 3);
  CHECK(Open({path}, {kTwoFloats}, 99)->size() == 10);
}

TEST_CASE("An array is one sample, or counts samples along its first axis", "[samples]") {
  const ScratchFolder folder;
  const auto open = [&](const std::string& shape, const std::vector<float>& values) {
    return Open({folder.Write("x.npy", FloatNpy(shape, values))}, {kTwoFloats});
  };
  CHECK(NamesOf(*open("(1, 2)", {1, 2})) == Paths{"x.npy"});
  CHECK(NamesOf(*open("(2,)", {1, 2})) == Paths{"x.npy"});
  CHECK(open("(3, 2)", {1, 2, 3, 4, 5, 6})->size() == 3);
  const auto batched = open("(3, 1, 2)", {1, 2, 3, 4, 5, 6});
  CHECK(batched->size() == 3);
  CHECK(Values(batched->Read(2)[0]) == std::vector<float>{5, 6});
}

TEST_CASE("Values become the input's type", "[samples]") {
  const ScratchFolder folder;
  const std::string longs = folder.Write("x.npy", Npy("<i8", "(1, 2)", Raw<int64_t>({7, -1})));
  const auto as = [&](ElementType type) {
    return Open({longs}, {{"x", {1, 2}, type}})->Read(0)[0];
  };
  CHECK(Values(as(ElementType::kFloat32)) == std::vector<float>{7, -1});
  CHECK(Values<int32_t>(as(ElementType::kInt32)) == std::vector<int32_t>{7, -1});
  CHECK(Values<int64_t>(as(ElementType::kInt64)) == std::vector<int64_t>{7, -1});
}

TEST_CASE("Pictures become the values of an integer input when they are not divided", "[samples]") {
  const ScratchFolder folder;
  const SampleInput input{"pixel", {1, 1, 1, 1}, ElementType::kUInt8};
  const std::string idx = folder.Write("x.idx", Idx({1, 1, 1}, "\xC8"));
  const std::string png = folder.Write("x.png", GreyPng(200));
  Preprocessing raw;
  raw.pixel_range = 255;
  for (const std::string& path : {idx, png}) {
    CHECK(OpenSamples({path}, {input}, raw, 0)->Read(0)[0] == std::vector{std::byte{200}});
    CHECK_THAT(RefusalOf({path}, {input}), IsError(ErrorKind::kUnusable, "uint8"));
  }
}

TEST_CASE("IDX pictures are preprocessed like files", "[samples]") {
  const ScratchFolder folder;
  const std::string bytes = Idx({2, 1, 1}, std::string("\x33\xFF", 2));
  for (const std::string& path :
       {folder.Write("t10k-images-idx3-ubyte", bytes), folder.Write("x.idx", bytes),
        folder.Write("t10k-images-idx3-ubyte.gz", Gzip(bytes))}) {
    const auto samples = Open({path}, {kPixel});
    REQUIRE(samples->size() == 2);
    CHECK(samples->name(1) == fs::path(path).filename().string() + "[1]");
    CHECK(Values(samples->Read(0)[0]) == std::vector<float>{0.2F});
    CHECK(Values(samples->Read(1)[0]) == std::vector<float>{1});
  }
}

TEST_CASE("IDX files without pictures are refused", "[samples]") {
  const ScratchFolder folder;
  const uint32_t kMost = 0xFFFFFFFF;
  for (const auto& dims : std::vector<std::vector<uint32_t>>{
           {0, 1, 1}, {2, 0, 1}, {2, 1, 0}, {2}, {1, 1, 1, 1}, {0, kMost, kMost}, {kMost, 0, 0}}) {
    const std::string path = folder.Write("x.idx", Idx(dims, "ab"));
    CHECK(RefusalOf({path}, {kPixel}).kind() == ErrorKind::kUnusable);
  }
}

TEST_CASE("An .npz holds a value for each input, by name", "[samples]") {
  const ScratchFolder folder;
  const SampleInput other{"y", {1}};
  const std::string x = FloatNpy("(2, 2)", {1, 2, 3, 4}), y = FloatNpy("(2, 1)", {5, 6});
  const std::string path =
      folder.Write("inputs.npz", Zip({Deflated("y.npy", y), Stored("x.npy", x)}));
  const auto samples = Open({path}, {kTwoFloats, other});
  REQUIRE(samples->size() == 2);
  const auto values = samples->Read(1);
  CHECK(Values(values[0]) == std::vector<float>{3, 4});
  CHECK(Values(values[1]) == std::vector<float>{6});
  CHECK_THAT(RefusalOf({path}, {kTwoFloats, {"z", {1}}}),
             IsError(ErrorKind::kUnusable, "no array named like the input 'z', but 'y', 'x'"));
}

TEST_CASE("NAME=PATH gives each of several inputs its own source", "[samples]") {
  const ScratchFolder folder;
  const SampleInput other{"x=y", {1}};
  const std::string x = folder.Write("x.npy", FloatNpy("(2, 2)", {1, 2, 3, 4}));
  const std::string y = folder.Write("y.npy", FloatNpy("(2, 1)", {5, 6}));
  const std::string three = folder.Write("z.npy", FloatNpy("(3, 1)", {5, 6, 7}));
  const auto samples = Open({"x=y=" + y, "x=" + x}, {other, kTwoFloats});
  CHECK(Values(samples->Read(0)[0]) == std::vector<float>{5});
  CHECK(Values(samples->Read(0)[1]) == std::vector<float>{1, 2});
  const auto refuses = [&](const Paths& paths, ErrorKind kind, const std::string& reason) {
    CHECK_THAT(RefusalOf(paths, {{"w", {1}}, kTwoFloats}), IsError(kind, reason));
  };
  refuses({x}, ErrorKind::kUsage, "2 inputs");
  refuses({"x=" + x}, ErrorKind::kUsage, "no --data for the input 'w'");
  refuses({"x=" + x, "v=" + y}, ErrorKind::kUsage, "'v=");
  refuses({"x=" + x, "w=" + three}, ErrorKind::kUnusable, "different numbers of samples");
  CHECK_THAT(RefusalOf({"v=" + x}, {kTwoFloats}),
             IsError(ErrorKind::kUsage, "the model has no input 'v', but 'x'"));
  refuses({"x=" + x, "w=missing"}, ErrorKind::kUnusable, "'missing'");
}

TEST_CASE("ONNX's test vectors are samples, one folder each", "[samples]") {
  const ScratchFolder folder;
  const std::vector<SampleInput> inputs = {kTwoFloats, {"y", {1, 1}}};
  for (int i = 0; i < 3; ++i) {
    const auto value = static_cast<float>(i);
    const std::string set = "test_data_set_" + std::to_string(i);
    folder.Write(set + "/input_0.pb", TensorFile({value, 10}));
    folder.Write(set + "/input_1.pb", TensorFile({-value}));
  }
  fs::create_directory(folder / "test_data_set_empty");
  const auto samples = Open({folder.path()}, inputs);
  REQUIRE(samples->size() == 3);
  CHECK(Values(samples->Read(2)[0]) == std::vector<float>{2, 10});
  CHECK(Values(samples->Read(2)[1]) == std::vector<float>{-2});
  CHECK(Open({folder / "test_data_set_1"}, inputs)->size() == 1);
  CHECK(Open({folder / "test_data_set_1/input_0.pb"}, {kTwoFloats})->size() == 1);
  CHECK(FindTestVectors(folder / "model.onnx") ==
        Paths{folder / "test_data_set_0", folder / "test_data_set_1", folder / "test_data_set_2"});
  fs::remove(folder / "test_data_set_1/input_1.pb");
  CHECK_THAT(RefusalOf({folder.path()}, inputs),
             IsError(ErrorKind::kUnusable, "test_data_set_1/input_1.pb"));
}

TEST_CASE("Sources without samples are refused by name", "[samples]") {
  const ScratchFolder folder;
  fs::create_directory(folder / "empty");
  const auto refuses = [&](const std::string& path, const std::string& reason) {
    const Error error = RefusalOf({path}, {kTwoFloats});
    CHECK_THAT(error, IsError(ErrorKind::kUnusable, fs::path(path).filename().string()));
    CHECK_THAT(error, IsError(ErrorKind::kUnusable, reason));
  };
  refuses(folder / "missing", "no such file or folder");
  refuses(folder / std::string(300, 'n'), "no such file or folder");
  refuses(folder.Write("x.txt", "1 2"), "none of: JPEG");
  refuses(folder.Write("x.npy", "1 2"), "not an .npy file");
  refuses(folder.Write("x.npz", "1 2"), "not a zip archive");
  refuses(folder.Write("x.pb", "1 2"), "not an ONNX tensor");
  refuses(folder.Write("none.npy", FloatNpy("(0, 2)", {})), "no samples");
  CHECK_THAT(RefusalOf({folder / "empty"}, {kPixel}),
             IsError(ErrorKind::kUnusable, "holds no JPEG or PNG"));
  CHECK_THAT(RefusalOf({folder.Write("a.png", GreyPng(1))}, {kTwoFloats}),
             IsError(ErrorKind::kUsage, "pictures do not fit an input of shape 1x2"));
}

TEST_CASE("A sample that does not fit is named, with both shapes", "[samples]") {
  const ScratchFolder folder;
  const auto refuses = [&](const std::string& shape, size_t count, const std::string& name) {
    const Error error = RefusalOf(
        {folder.Write("x.npy", FloatNpy(shape, std::vector<float>(count)))}, {kTwoFloats});
    CHECK_THAT(error, IsError(ErrorKind::kUnusable, "sample '" + name + "'"));
    CHECK_THAT(error, IsError(ErrorKind::kUnusable, "the model's input 'x' wants 1x2"));
  };
  refuses("(3,)", 3, "x.npy");
  refuses("(2, 3)", 6, "x.npy[0]");
  refuses("(4, 1, 3)", 12, "x.npy[0]");
  refuses("(1099511627776, 0)", 0, "x.npy[0]");
}

TEST_CASE("NaN and infinity are refused, with the sample's name", "[samples]") {
  const ScratchFolder folder;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float value : {nan, INFINITY, -INFINITY}) {
    const std::string x = folder.Write("x.npy", FloatNpy("(2, 2)", {1, 2, 3, value}));
    const auto samples = Open({x}, {kTwoFloats});
    CHECK_NOTHROW(samples->Read(0));
    CHECK_THAT(ErrorOf([&] { samples->Read(1); }),
               IsError(ErrorKind::kUnusable, "sample 'x.npy[1]': it holds NaN or infinity"));
  }
  const std::string wide = folder.Write("w.npy", Npy("<f8", "(1, 2)", Raw<double>({1e300, 0})));
  CHECK_THAT(RefusalOf({wide}, {kTwoFloats}), IsError(ErrorKind::kUnusable, "infinity"));
}

TEST_CASE("A damaged picture is named by its path when it is read", "[samples]") {
  const ScratchFolder folder;
  folder.Write("a.png", GreyPng(1));
  const std::string damaged = folder.Write("class/b.png", GreyPng(1).substr(0, 40));
  const auto samples = Open({folder.path()}, {kPixel});
  CHECK_NOTHROW(samples->Read(0));
  CHECK_THAT(ErrorOf([&] { samples->Read(1); }),
             IsError(ErrorKind::kUnusable, "sample '" + damaged + "': damaged PNG"));
}

TEST_CASE("The files of a path are those that can be samples", "[samples]") {
  const ScratchFolder folder;
  const auto files = [&](const std::string& name) {
    Paths below;
    for (const std::string& file : SampleFiles(folder / name)) {
      below.push_back(fs::path(file).lexically_relative(folder.path()).string());
    }
    return below;
  };
  folder.Write("photos/b.png", "");
  folder.Write("photos/sub/a.JPEG", "");
  folder.Write("photos/notes.txt", "");
  CHECK(files("photos") == Paths{"photos/b.png", "photos/sub/a.JPEG"});
  CHECK(files("x.npy") == Paths{"x.npy"});
  folder.Write("vectors/input_0.pb", "");
  folder.Write("vectors/other.png", "");
  CHECK(files("vectors") == Paths{"vectors/input_0.pb"});
  folder.Write("sets/test_data_set_1/input_0.pb", "");
  folder.Write("sets/test_data_set_0/input_0.pb", "");
  folder.Write("sets/test_data_set_0/output_0.pb", "");
  folder.Write("sets/model.onnx", "");
  CHECK(files("sets") == Paths{"sets/test_data_set_0/input_0.pb",
                               "sets/test_data_set_0/output_0.pb",
                               "sets/test_data_set_1/input_0.pb"});
}

TEST_CASE("The files of NAME=PATH are among those of the path", "[samples]") {
  const ScratchFolder folder;
  const std::string picture = folder.Write("photos/a.png", "");
  CHECK(SampleFiles("x=y.npy") == Paths{"x=y.npy", "y.npy"});
  CHECK(SampleFiles("left=" + folder / "photos") == Paths{"left=" + folder / "photos", picture});
}

}  // namespace
}  // namespace qconvert

// True classes, in every form that they come in.
#include "lib/samples/labels.h"

#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <spdlog/fmt/fmt.h>

#include "test/samples/array_files.h"
#include "test/samples/compressed.h"
#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

using Classes = std::vector<int>;

/// Three picture files of two classes; their content is never read.
struct Pictures {
  ScratchFolder folder;
  Pictures() {
    for (const char* name : {"bird/b1.png", "bird/b2.png", "cat/c1.png"}) folder.Write(name, "");
  }
  std::unique_ptr<SampleSet> Open(size_t limit = 0) const {
    return OpenSamples({folder.path()}, {{"x", {1, 3, 8, 8}}}, {}, limit);
  }
  Classes Read(const std::string& file, size_t limit = 0) const {
    return ReadLabels(folder.Write("labels", file), *Open(limit), 10).classes;
  }
  void Refuses(const std::string& file, const std::string& reason) const {
    const Error error = ErrorOf([&] { Read(file); });
    CHECK_THAT(error, IsError(ErrorKind::kUnusable, "labels '" + (folder / "labels") + "'"));
    CHECK_THAT(error, IsError(ErrorKind::kUnusable, reason));
  }
};

TEST_CASE("A text file labels the samples in their order", "[samples]") {
  const Pictures pictures;
  CHECK(pictures.Read("7\n0\n3\n") == Classes{7, 0, 3});
  CHECK(pictures.Read("7\r\n 0 \r\n\r\n3") == Classes{7, 0, 3});
  CHECK(pictures.Read("\xEF\xBB\xBF"
                      "7\n0\n3\n") == Classes{7, 0, 3});
}

TEST_CASE("A CSV labels by name, in any order, with or without a header", "[samples]") {
  const Pictures pictures;
  CHECK(pictures.Read("file,label\nc1.png,3\nb1.png,7\nb2.png,0\nnobody.png,9\n") ==
        Classes{7, 0, 3});
  CHECK(pictures.Read("\"cat/c1.png\",\"3\"\nbird/b1.png,7\nbird/b2.png,0") == Classes{7, 0, 3});
  CHECK(pictures.Read("file,label\nc1.png,3\nb1.png,7\nb2.png,0\n", 1) == Classes{7});
}

TEST_CASE("Rows are taken in the forms in which people have them", "[samples]") {
  const Pictures pictures;
  const Classes expected = {7, 0, 3};
  CHECK(pictures.Read("c1.png 3\nb1.png 7\nb2.png 0\n") == expected);
  CHECK(pictures.Read("c1.png;3\nb1.png;7\nb2.png;0\n") == expected);
  CHECK(pictures.Read("c1.png\t3\nb1.png\t7\nb2.png\t0\n") == expected);
  CHECK(pictures.Read("./data/val/c1.png, 3\n./data/val/b1.png, 7\n/d/b2.png, 0\n") == expected);
  CHECK(pictures.Read("id,file,label\n0,c1.png,3\n1,b1.png,7\n2,b2.png,0\n") == expected);
  CHECK(pictures.Read("3,c1.png\n7,b1.png\n0,b2.png\n") == expected);
  CHECK(pictures.Read("c1,3\nb1,7\nb2,0\n") == expected);
  CHECK(pictures.Read("c1.png,3\nc1.png,3\nb1.png,7\nb2.png,0\n") == expected);
  CHECK(pictures.Read("c1.jpg,3\nb1.JPEG,7\nb2.bmp,0\n") == expected);
}

TEST_CASE("Names that several rows have for different classes label nobody", "[samples]") {
  const Pictures pictures;
  pictures.Refuses("b1.png,7\nb1.png,8\nb2.png,0\nc1.png,3\n",
                   "line 2: 'b1.png' has the classes 7 and 8");
  pictures.Refuses("x/b1.png,7\ny/b1.png,8\nb2.png,0\nc1.png,3\n", "no label for sample");
}

TEST_CASE("NumPy arrays of whole numbers are labels", "[samples]") {
  const Pictures pictures;
  CHECK(pictures.Read(Npy("<i8", "(3,)", Raw(std::vector<int64_t>{7, 0, 3}))) == Classes{7, 0, 3});
  CHECK(pictures.Read(Npy("<i4", "(3,)", Raw(std::vector<int32_t>{7, 0, 3}))) == Classes{7, 0, 3});
  pictures.Refuses(Npy("<i4", "(3,)", Raw(std::vector<int32_t>{7, -1, 3})), "[1] is -1");
  pictures.Refuses(Npy("<f4", "(3,)", Raw(std::vector<float>{7, 1, 3})),
                   "labels are int32 or int64");
}

TEST_CASE("A folder's classes are its sub-folders in the order of their names", "[samples]") {
  const Pictures pictures;
  const auto read = [&](size_t classes) {
    return ReadLabels(pictures.folder.path(), *pictures.Open(), classes);
  };
  CHECK(read(2).classes == Classes{0, 0, 1});
  pictures.folder.Write("ant/none.txt", "");
  CHECK(read(3).classes == Classes{1, 1, 2});
  CHECK(read(3).rule == "3 class folders, classes in the order of their names");
  pictures.folder.Write("stray.png", "");
  CHECK_THAT(ErrorOf([&] { read(3); }),
             IsError(ErrorKind::kUnusable, "sample 'stray.png' is in none"));
}

/// Reads the classes of one picture in each of some folders.
Labels FromFolders(const std::vector<std::string>& names, size_t classes) {
  const ScratchFolder folder;
  for (const std::string& name : names) folder.Write(name + "/a.png", "");
  const auto samples = OpenSamples({folder.path()}, {{"x", {1, 3, 8, 8}}}, {}, 0);
  return ReadLabels(folder.path(), *samples, classes);
}

TEST_CASE("Numbers name the classes when some classes have no folder", "[samples]") {
  const Labels labels = FromFolders({"0001", "0472", "0999"}, 1000);
  CHECK(labels.classes == Classes{1, 472, 999});
  CHECK(labels.rule == "3 class folders, their names are class numbers");
  CHECK(FromFolders({"3", "10"}, 20).classes == Classes{10, 3});  // pictures in the order of names
}

TEST_CASE("As many folders as classes are in the order of their names, numbers too", "[samples]") {
  CHECK(FromFolders({"1", "2", "3"}, 3).classes == Classes{0, 1, 2});
  CHECK(FromFolders({"0", "1", "10", "2"}, 4).classes == Classes{0, 1, 2, 3});
}

TEST_CASE("Folders that are no classes of the network are refused", "[samples]") {
  const auto refuses = [](const std::vector<std::string>& names, size_t classes) {
    CHECK_THAT(ErrorOf([&] { FromFolders(names, classes); }),
               IsError(ErrorKind::kUnusable,
                       fmt::format("{} class folders ('{}' to '{}'), the network has {} classes",
                                   names.size(), names.front(), names.back(), classes)));
  };
  refuses({"bird", "cat"}, 1000);
  refuses({"bird", "cat", "dog"}, 2);
  refuses({"1", "1000"}, 1000);
  refuses({"1", "2", "x"}, 1000);
  const ScratchFolder folder;
  folder.Write("a.png", "");
  const auto samples = OpenSamples({folder.path()}, {{"x", {1, 3, 8, 8}}}, {}, 0);
  CHECK_THAT(ErrorOf([&] { ReadLabels(folder.path(), *samples, 10); }),
             IsError(ErrorKind::kUnusable, "it holds no class folders"));
}

TEST_CASE("IDX labels are read, gzipped or not", "[samples]") {
  const Pictures pictures;
  const std::string idx = Idx({3}, std::string("\7\0\xFF", 3));
  CHECK(pictures.Read(idx) == Classes{7, 0, 255});
  CHECK(pictures.Read(Gzip(idx)) == Classes{7, 0, 255});
  pictures.Refuses(Idx({1, 3}, "abc"), "labels have one axis");
  pictures.Refuses(idx.substr(0, 9), "cut off");
}

TEST_CASE("Labels of all samples follow a selection of them", "[samples]") {
  const Pictures pictures;
  CHECK(pictures.Read("7\n0\n3\n", 2) == Classes{7, 0});  // samples 0 and 3/2
  CHECK(pictures.Read("7\n3\n", 2) == Classes{7, 3});     // labels of the selection itself
}

TEST_CASE("More or fewer labels than samples are refused, in every form", "[samples]") {
  const Pictures pictures;
  pictures.Refuses("7\n0\n", "2 labels for 3 samples");
  pictures.Refuses("7\n0\n3\n4\n", "4 labels for 3 samples");
  pictures.Refuses("1\n2\n3\n4\n5\n6\n", "6 labels for 3 samples");
  pictures.Refuses("", "0 labels for 3 samples");
  pictures.Refuses(Idx({4}, "abcd"), "4 labels for 3 samples");
  pictures.Refuses("b1.png,7\nb2.png,0\n", "no label for sample 'cat/c1.png'");
  pictures.Refuses("./b1.png,7\n./b2.png,0\n",
                   "no label for sample 'cat/c1.png'; the file names samples like './b1.png'");
}

TEST_CASE("What is no class is refused and shown", "[samples]") {
  const Pictures pictures;
  pictures.Refuses("7\ncat\n3\n", "'cat' is not a label");
  pictures.Refuses("7\n-1\n3\n", "'-1' is not a label");
  pictures.Refuses("7\n1.5\n3\n", "'1.5' is not a label");
  pictures.Refuses("7\n99999999999\n3\n", "'99999999999' is not a label");
  pictures.Refuses("b1.png,7\nb2.png,x\nc1.png,3\n", "'b2.png,x' is not a label");
  pictures.Refuses("7\n\n\nb1.png;7\n", "line 1: '7' is not a label; a line holds a class number");
  pictures.Refuses("b1.png;7\n\n\nb1.png;x\n", "line 4: 'b1.png;x' is not a label");
  pictures.Refuses("\x93NUMPY\x01", "not an .npy file");
}

TEST_CASE("A file of labels that is not there is named", "[samples]") {
  const Pictures pictures;
  const auto samples = pictures.Open();
  for (const std::string& name : {std::string("missing"), std::string(300, 'n')}) {
    CHECK_THAT(ErrorOf([&] { ReadLabels(pictures.folder / name, *samples, 10); }),
               IsError(ErrorKind::kUnusable, name));
  }
}

TEST_CASE("Damaged labels do no harm", "[samples]") {
  const Pictures pictures;
  const auto samples = pictures.Open();
  const auto read = [&](std::span<const std::byte> bytes) {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    ReadLabels(pictures.folder.Write("labels", text), *samples, 10);
  };
  for (const std::string& bytes :
       {std::string("b1.png,7\nb2.png,0\nc1.png,3\n"), Gzip(Idx({3}, "abc"))}) {
    RequireSurvivesTruncation(bytes, read);
    RequireSurvivesFlips(bytes, read, 200);
  }
}

}  // namespace
}  // namespace qconvert

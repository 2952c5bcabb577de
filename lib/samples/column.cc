#include "lib/samples/column.h"

#include <mutex>
#include <utility>

#include "lib/base/error.h"
#include "lib/samples/picture.h"
#include "lib/samples/value_check.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

using Value = std::vector<std::byte>;

/// Preprocesses a picture into the values of an input.
Value PictureValue(Picture picture, const Preprocessing& preprocessing, const PictureTarget& target,
                   const SampleInput& input) {
  const auto elements = static_cast<size_t>(NumElements(input.shape));
  Value value(elements * sizeof(float));
  Preprocess(std::move(picture), preprocessing, target,
             {reinterpret_cast<float*>(value.data()), elements});
  if (input.type != ElementType::kFloat32) {
    return ToInputValue({ElementType::kFloat32, input.shape, value, {}}, input);
  }
  RequireFinite(value);
  return value;
}

class PictureColumn : public Column {
 public:
  PictureColumn(fs::path root, std::vector<fs::path> files, SampleInput input,
                Preprocessing preprocessing)
      : root_(std::move(root)),
        files_(std::move(files)),
        input_(std::move(input)),
        preprocessing_(std::move(preprocessing)),
        target_(PictureTargetOf(input_.shape)) {}

  size_t size() const override { return files_.size(); }
  std::string name(size_t i) const override {
    return files_[i].lexically_relative(root_).generic_string();
  }
  std::string source(size_t i) const override { return files_[i].generic_string(); }
  Value Read(size_t i) const override {
    return PictureValue(Decoded(i), preprocessing_, target_, input_);
  }
  std::optional<Picture> Look(size_t i) const override { return Decoded(i); }

 private:
  static constexpr int64_t kManyPixels = int64_t{1} << 24;

  Picture Decoded(size_t i) const {
    const auto file = MappedFile::Open(files_[i].string());
    // Large pictures take turns, so that threads do not multiply what they need.
    std::unique_lock turn(large_, std::defer_lock);
    if (PixelsOf(file->bytes()) > kManyPixels) turn.lock();
    return DecodePicture(file->bytes());
  }

  mutable std::mutex large_;
  fs::path root_;
  std::vector<fs::path> files_;
  SampleInput input_;
  Preprocessing preprocessing_;
  PictureTarget target_;
};

/// Returns row i of an array along its first axis.
Array Row(const Array& array, size_t i) {
  Array row{array.type, Shape(array.shape.begin() + 1, array.shape.end()), {}, array.owner};
  const size_t bytes = static_cast<size_t>(NumElements(row.shape)) * ElementBytes(array.type);
  row.bytes = array.bytes.subspan(i * bytes, bytes);
  return row;
}

/// Returns whether an array is one sample; else its first axis counts them.
bool IsOneSample(const Shape& array, const SampleInput& input) {
  const size_t rank = array.size();
  const bool batched = rank == input.shape.size() + 1;
  const bool replaces_batch =
      rank == input.shape.size() && rank > 0 && (input.shape[0] == 1 && array != input.shape);
  return !batched && !replaces_batch;
}

class ArrayColumn : public Column {
 public:
  ArrayColumn(std::string name, Array array, SampleInput input,
              std::shared_ptr<const MappedFile> file)
      : name_(std::move(name)),
        array_(std::move(array)),
        input_(std::move(input)),
        file_(std::move(file)) {
    one_sample_ = IsOneSample(array_.shape, input_);
    rows_ = one_sample_ ? 1 : static_cast<size_t>(array_.shape[0]);
    if (rows_ == 0) Fail(ErrorKind::kUnusable, "it holds no samples");
  }

  size_t size() const override { return rows_; }
  std::string name(size_t i) const override {
    return one_sample_ ? name_ : name_ + "[" + std::to_string(i) + "]";
  }
  Value Read(size_t i) const override {
    const Array row = one_sample_ ? array_ : Row(array_, i);
    Value value = ToInputValue(row, input_);
    if (file_) file_->Release(row.bytes);
    return value;
  }

 private:
  std::string name_;
  Array array_;
  SampleInput input_;
  std::shared_ptr<const MappedFile> file_;
  size_t rows_ = 0;
  bool one_sample_ = false;
};

class IdxColumn : public Column {
 public:
  IdxColumn(std::string name, Array array, SampleInput input, Preprocessing preprocessing)
      : name_(std::move(name)),
        array_(std::move(array)),
        input_(std::move(input)),
        preprocessing_(std::move(preprocessing)),
        target_(PictureTargetOf(input_.shape)) {
    const Shape& shape = array_.shape;
    if (shape.size() != 3 || shape[1] == 0 || shape[2] == 0 || shape[1] > kMostPixels / shape[2]) {
      Fail(ErrorKind::kUnusable,
           "its shape is " + ToText(shape) + " where pictures have [count, height, width]");
    }
  }

  size_t size() const override { return static_cast<size_t>(array_.shape[0]); }
  std::string name(size_t i) const override { return name_ + "[" + std::to_string(i) + "]"; }
  Value Read(size_t i) const override {
    return PictureValue(*Look(i), preprocessing_, target_, input_);
  }
  std::optional<Picture> Look(size_t i) const override {
    const Array row = Row(array_, i);
    const auto* pixels = reinterpret_cast<const uint8_t*>(row.bytes.data());
    return Picture{static_cast<int>(row.shape[0]),
                   static_cast<int>(row.shape[1]),
                   1,
                   {pixels, pixels + row.bytes.size()}};
  }

 private:
  std::string name_;
  Array array_;
  SampleInput input_;
  Preprocessing preprocessing_;
  PictureTarget target_;
};

class ProtoColumn : public Column {
 public:
  ProtoColumn(std::vector<fs::path> files, SampleInput input)
      : files_(std::move(files)), input_(std::move(input)) {}

  size_t size() const override { return files_.size(); }
  std::string name(size_t i) const override { return files_[i].generic_string(); }
  Value Read(size_t i) const override {
    return ToInputValue(ReadTensorProto(MappedFile::Open(files_[i].string())->bytes()), input_);
  }

 private:
  std::vector<fs::path> files_;
  SampleInput input_;
};

}  // namespace

std::unique_ptr<Column> MakePictureColumn(fs::path root, std::vector<fs::path> files,
                                          const SampleInput& input,
                                          const Preprocessing& preprocessing) {
  return std::make_unique<PictureColumn>(std::move(root), std::move(files), input, preprocessing);
}

void RequireSamples(const Shape& array, const SampleInput& input) {
  const bool one = IsOneSample(array, input);
  RequireShape(one ? array : Shape(array.begin() + 1, array.end()), input);
}

std::unique_ptr<Column> MakeArrayColumn(const std::string& name, const Array& array,
                                        const SampleInput& input,
                                        std::shared_ptr<const MappedFile> file) {
  return std::make_unique<ArrayColumn>(name, array, input, std::move(file));
}

std::unique_ptr<Column> MakeIdxColumn(const std::string& name, const Array& array,
                                      const SampleInput& input,
                                      const Preprocessing& preprocessing) {
  return std::make_unique<IdxColumn>(name, array, input, preprocessing);
}

std::unique_ptr<Column> MakeProtoColumn(std::vector<fs::path> files, const SampleInput& input) {
  return std::make_unique<ProtoColumn>(std::move(files), input);
}

}  // namespace qconvert

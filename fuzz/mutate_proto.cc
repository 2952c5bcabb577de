#include "fuzz/mutate_proto.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>

namespace qconvert {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kMostMessages = 20000;

constexpr int64_t kTellingIntegers[] = {0,
                                        1,
                                        -1,
                                        2,
                                        3,
                                        4,
                                        5,
                                        7,
                                        8,
                                        9,
                                        10,
                                        11,
                                        13,
                                        16,
                                        32,
                                        64,
                                        100,
                                        127,
                                        128,
                                        255,
                                        256,
                                        -2,
                                        -3,
                                        1024,
                                        65535,
                                        65536,
                                        INT32_MAX,
                                        INT32_MIN,
                                        int64_t{1} << 32,
                                        int64_t{1} << 40,
                                        INT64_MAX,
                                        INT64_MIN};
constexpr float kTellingReals[] = {0,    1,      -1,    0.5F,   2,        -0.0F,     255, 1e-6F,
                                   1e6F, 1e-38F, 1e38F, -1e38F, INFINITY, -INFINITY, NAN, 1e-45F};

/// One mutation of a tree of messages.
class Mutation {
 public:
  Mutation(Message& root, std::minstd_rand& random) : random_(random) { Gather(root); }

  void Apply() {
    for (int attempt = 0; attempt < 20; ++attempt) {
      Message& message = *messages_[random_() % messages_.size()];
      const auto* type = message.GetDescriptor();
      if (type->field_count() == 0) continue;
      const FieldDescriptor* field = type->field(static_cast<int>(random_()) % type->field_count());
      if (field->is_repeated()) return ChangeList(message, field);
      return ChangeOne(message, field);
    }
  }

 private:
  void Gather(Message& message) {
    if (messages_.size() >= kMostMessages) return;
    messages_.push_back(&message);
    const Reflection* reflection = message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      const bool nested = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
      const bool text = field->type() == FieldDescriptor::TYPE_STRING;
      const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
      for (int i = 0; i < count && (nested || text); ++i) {
        if (!field->is_repeated()) {
          if (nested) Gather(*reflection->MutableMessage(&message, field));
          if (text) texts_.push_back(reflection->GetString(message, field));
        } else {
          if (nested) Gather(*reflection->MutableRepeatedMessage(&message, field, i));
          if (text) texts_.push_back(reflection->GetRepeatedString(message, field, i));
        }
      }
    }
  }

  void ChangeList(Message& message, const FieldDescriptor* field) {
    const Reflection* reflection = message.GetReflection();
    const int count = reflection->FieldSize(message, field);
    const int at = count == 0 ? 0 : static_cast<int>(random_()) % count;
    switch (random_() % 4) {
      case 0:
        return AddTo(message, field);
      case 1:
        if (count > 0) reflection->SwapElements(&message, field, at, count - 1);
        if (count > 0) reflection->RemoveLast(&message, field);
        return;
      case 2:
        if (count > 0) reflection->SwapElements(&message, field, at, random_() % count);
        return;
      default:
        if (count > 0) SetElement(message, field, at);
    }
  }

  void AddTo(Message& message, const FieldDescriptor* field) {
    const Reflection* reflection = message.GetReflection();
    const int count = reflection->FieldSize(message, field);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        Message* added = reflection->AddMessage(&message, field);
        if (count > 0) {
          const int from = static_cast<int>(random_()) % count;
          added->CopyFrom(reflection->GetRepeatedMessage(message, field, from));
        }
        return;
      }
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection->AddString(&message, field, Text(field));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection->AddInt64(&message, field, Integer());
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection->AddInt32(&message, field, static_cast<int32_t>(Integer()));
      case FieldDescriptor::CPPTYPE_UINT64:
        return reflection->AddUInt64(&message, field, static_cast<uint64_t>(Integer()));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection->AddFloat(&message, field, Real());
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return reflection->AddDouble(&message, field, static_cast<double>(Real()));
      default:
        return;
    }
  }

  void SetElement(Message& message, const FieldDescriptor* field, int at) {
    const Reflection* reflection = message.GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection->SetRepeatedString(&message, field, at, Text(field));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection->SetRepeatedInt64(&message, field, at, Integer());
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection->SetRepeatedInt32(&message, field, at, static_cast<int32_t>(Integer()));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection->SetRepeatedFloat(&message, field, at, Real());
      default:
        return;
    }
  }

  void ChangeOne(Message& message, const FieldDescriptor* field) {
    const Reflection* reflection = message.GetReflection();
    if (random_() % 4 == 0) return reflection->ClearField(&message, field);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        reflection->MutableMessage(&message, field);
        return;
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection->SetString(&message, field, Text(field));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection->SetInt64(&message, field, Integer());
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection->SetInt32(&message, field, static_cast<int32_t>(Integer()));
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection->SetEnumValue(&message, field, static_cast<int>(random_() % 24));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection->SetFloat(&message, field, Real());
      default:
        return;
    }
  }

  int64_t Integer() {
    if (random_() % 2 == 0) return static_cast<int64_t>(random_() % 12);
    return kTellingIntegers[random_() % std::size(kTellingIntegers)];
  }

  float Real() { return kTellingReals[random_() % std::size(kTellingReals)]; }

  /// Returns a text of another place, such as the name of a tensor; bytes for a field of bytes.
  std::string Text(const FieldDescriptor* field) {
    if (field->type() == FieldDescriptor::TYPE_BYTES) {
      std::string bytes(random_() % 65, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random_() % 4 == 0 ? random_() : 0);
      return bytes;
    }
    if (texts_.empty() || random_() % 32 == 0) return random_() % 2 == 0 ? "" : "\x1B\n\xFF";
    return texts_[random_() % texts_.size()];
  }

  std::minstd_rand& random_;
  std::vector<Message*> messages_;
  std::vector<std::string> texts_;
};

}  // namespace

void MutateProto(Message& message, std::minstd_rand& random) { Mutation(message, random).Apply(); }

}  // namespace qconvert

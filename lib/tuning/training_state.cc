#include "lib/tuning/training_state.h"

#include <algorithm>
#include <cstring>

#include "lib/base/byte_stream.h"
#include "lib/base/error.h"
#include "lib/math/drawn_number.h"

namespace qconvert {
namespace {

constexpr std::string_view kMagic = "qtune state", kVersion = QCONVERT_VERSION;

std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void WriteFloats(const std::vector<float>& values, ByteWriter& writer) {
  writer.Unsigned(values.size());
  writer.Bytes(std::as_bytes(std::span(values)));
}

/// Reads floats: as many as there are in `alike`, or none where none may be.
std::vector<float> ReadFloats(ByteReader& reader, size_t count, bool or_none) {
  const uint64_t stored = reader.Unsigned();
  if (stored != count && !(or_none && stored == 0)) {
    Fail(ErrorKind::kUnusable, "it is of a network with other parameters");
  }
  const auto bytes = reader.Bytes(stored * sizeof(float));
  std::vector<float> values(stored);
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

void WriteScore(const ValidationScore& score, ByteWriter& writer) {
  writer.Unsigned(score.samples);
  writer.Unsigned(score.labelled ? 1 : 0);
  writer.Unsigned(score.right);
  writer.Double(score.sqnr_db);
}

ValidationScore ReadScore(ByteReader& reader) {
  ValidationScore score;
  score.samples = reader.Unsigned();
  score.labelled = reader.Unsigned() != 0;
  score.right = reader.Unsigned();
  score.sqnr_db = reader.Double();
  return score;
}

void WriteCurve(const std::vector<ValidationPoint>& curve, ByteWriter& writer) {
  writer.Unsigned(curve.size());
  for (const ValidationPoint& point : curve) {
    writer.Unsigned(point.step);
    writer.Double(point.loss);
    WriteScore(point.score, writer);
  }
}

std::vector<ValidationPoint> ReadCurve(ByteReader& reader) {
  std::vector<ValidationPoint> curve;
  for (uint64_t left = reader.Unsigned(); left > 0; --left) {
    ValidationPoint point;
    point.step = reader.Unsigned();
    point.loss = reader.Double();
    point.score = ReadScore(reader);
    curve.push_back(point);
  }
  return curve;
}

/// Requires that a state belongs to this run.
void RequireSameRun(ByteReader& reader, std::span<const std::string> expected) {
  const uint64_t count = reader.Unsigned();
  for (uint64_t i = 0; i < std::max<uint64_t>(count, expected.size()); ++i) {
    const std::string stored = i < count ? reader.Text() : "nothing";
    const std::string wanted = i < expected.size() ? expected[i] : "nothing";
    if (stored == wanted) continue;
    Fail(ErrorKind::kUnusable, "it is of another run: it says '" + stored + "', this run '" +
                                   wanted + "'; give the same options, or another --state");
  }
}

/// Takes the checksum off the end, and requires that it fits.
std::span<const std::byte> WithoutChecksum(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(uint64_t)) Fail(ErrorKind::kUnusable, "it is no state of qtune");
  const auto content = bytes.first(bytes.size() - sizeof(uint64_t));
  ByteReader checksum(bytes.subspan(content.size()));
  if (checksum.Unsigned() != SeedOf(0, AsText(content))) {
    Fail(ErrorKind::kUnusable, "it is damaged, or no state of qtune");
  }
  return content;
}

}  // namespace

bool ValidationScore::IsBetterThan(const ValidationScore& other) const {
  if (right != other.right) return right > other.right;
  return !labelled && sqnr_db > other.sqnr_db;
}

std::vector<std::byte> StateBytes(const TrainingState& state, std::span<const std::string> run) {
  ByteWriter writer;
  writer.Text(kMagic);
  writer.Text(kVersion);
  writer.Unsigned(run.size());
  for (const std::string& line : run) writer.Text(line);
  writer.Unsigned(state.step);
  writer.Double(state.losses);
  WriteCurve(state.curve, writer);
  for (const auto* values : {&state.parameters, &state.moments, &state.average, &state.best}) {
    WriteFloats(*values, writer);
  }
  WriteScore(state.best_score, writer);
  std::vector<std::byte> content = writer.Take();
  writer.Bytes(content);
  writer.Unsigned(SeedOf(0, AsText(content)));
  return writer.Take();
}

TrainingState ReadState(std::span<const std::byte> bytes, std::span<const std::string> expected,
                        const TrainingState& fresh) {
  ByteReader reader(WithoutChecksum(bytes));
  if (reader.Text() != kMagic) Fail(ErrorKind::kUnusable, "it is no state of qtune");
  const std::string version = reader.Text();
  if (version != kVersion) {
    Fail(ErrorKind::kUnusable, "it is of qtune " + version + ", this is " + std::string(kVersion));
  }
  RequireSameRun(reader, expected);
  TrainingState state;
  state.step = reader.Unsigned();
  state.losses = reader.Double();
  state.curve = ReadCurve(reader);
  state.parameters = ReadFloats(reader, fresh.parameters.size(), false);
  state.moments = ReadFloats(reader, fresh.moments.size(), false);
  state.average = ReadFloats(reader, fresh.average.size(), false);
  state.best = ReadFloats(reader, fresh.parameters.size(), true);
  state.best_score = ReadScore(reader);
  return state;
}

}  // namespace qconvert

#include "lib/report/json_parts.h"

namespace qconvert {
namespace {

Json ToJson(const TuneProgress& progress) {
  return {{"step", progress.step}, {"steps", progress.steps}, {"rate", progress.rate},
          {"loss", progress.loss}, {"unit", progress.unit},   {"validation", progress.validation},
          {"best", progress.best}, {"plain", progress.plain}};
}

Json ToJson(const std::vector<TuneProgress>& curve) {
  Json list = Json::array();
  for (const TuneProgress& progress : curve) list.push_back(ToJson(progress));
  return list;
}

Json ToJson(const TunedAccuracy& accuracy) {
  return {{"top1_percent", OrNull(accuracy.top1_percent)},
          {"agreement_percent", OrNull(accuracy.agreement_percent)},
          {"sqnr_db", Decibels(accuracy.sqnr_db)}};
}

}  // namespace

std::string ToJson(const TuneSummary& summary) {
  return Dump({{"output", summary.output},
               {"output_bytes", summary.output_bytes},
               {"mode", summary.mode},
               {"calibration", summary.calibration},
               {"training_samples", summary.training_samples},
               {"validation_samples", summary.validation_samples},
               {"equalization", summary.equalization},
               {"rounding", summary.rounding},
               {"batch_norm", summary.batch_norm},
               {"validation", summary.validation},
               {"parameters", summary.parameters},
               {"steps", summary.steps},
               {"memory_bytes", summary.memory_bytes},
               {"warnings", summary.warnings},
               {"float_top1_percent", OrNull(summary.float_top1_percent)},
               {"plain", ToJson(summary.plain)},
               {"tuned", ToJson(summary.tuned)},
               {"curve", ToJson(summary.curve)},
               {"is_tuned", summary.is_tuned},
               {"last_loss", summary.last_loss},
               {"seconds", summary.seconds}});
}

std::string ToJsonLine(const TuneProgress& progress) {
  Json line = ToJson(progress);
  line["seconds_left"] = progress.seconds_left;
  return line.dump();
}

}  // namespace qconvert

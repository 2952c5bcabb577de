#include "lib/convert/protect_inputs.h"

#include <filesystem>

#include "lib/base/output_file.h"
#include "lib/base/output_paths.h"
#include "lib/onnx/external_files.h"
#include "lib/samples/sample_set.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

void AddReports(const std::vector<std::string>& reports, OutputPaths& outputs) {
  for (const std::string& report : reports) {
    if (!report.empty()) outputs.Add("report", report, "choose another name for the report");
  }
}

/// Protects a model of either format and the files of its weights.
void ProtectModel(const OutputPaths& outputs, const std::string& path, const std::string& what) {
  outputs.RequireNot(path, what + " itself");
  if (!outputs.AnyExists()) return;
  for (const std::string& file : ExternalFiles(path)) {
    outputs.RequireNot(file, "a file with weights of " + what);
  }
}

/// Protects the samples; without any, those that lie beside the model are read.
void ProtectSamples(const OutputPaths& outputs, std::vector<std::string> paths,
                    const std::string& model) {
  if (!outputs.AnyExists()) return;
  std::error_code missing;
  const fs::path beside = fs::path(model).parent_path();
  if (paths.empty() && (beside.empty() || fs::is_directory(beside, missing))) {
    paths = FindTestVectors(model);
  }
  for (const std::string& path : paths) {
    for (const std::string& file : SampleFiles(path))
      outputs.RequireNot(file, "one of the samples");
  }
}

}  // namespace

void ProtectInputs(const ConvertOptions& options, const std::string& output,
                   const std::string& recipe, const std::vector<std::string>& dumps) {
  OutputPaths outputs;
  outputs.Add("output", output, "choose another name with -o");
  if (!options.c_array.empty()) {
    outputs.Add("C array", options.c_array, "choose another name with --c-array");
  }
  if (!recipe.empty()) outputs.Add("recipe", recipe, "choose another --save-recipe");
  if (!options.state.empty()) outputs.Add("state", options.state, "choose another --state");
  AddReports(options.reports, outputs);
  for (const std::string& dump : dumps) {
    outputs.Add("dump", dump, "choose another folder with --dump-passes");
  }
  ProtectModel(outputs, options.model, "the model");
  if (!options.labels.empty()) outputs.RequireNot(options.labels, "the file of labels");
  if (!options.recipe.empty()) outputs.RequireNot(options.recipe, "the recipe");
  ProtectSamples(outputs, options.data.paths, options.model);
}

void ProtectInputs(const EvaluateOptions& options) {
  OutputPaths outputs;
  AddReports(options.reports, outputs);
  ProtectModel(outputs, options.reference, "the reference");
  ProtectModel(outputs, options.candidate, "the candidate");
  if (!options.labels.empty()) outputs.RequireNot(options.labels, "the file of labels");
  if (!options.gates_file.empty()) outputs.RequireNot(options.gates_file, "the file of gates");
  ProtectSamples(outputs, options.data.paths, options.reference);
}

void ProtectInputs(const BenchmarkOptions& options) {
  OutputPaths outputs;
  AddReports(options.reports, outputs);
  ProtectModel(outputs, options.model, "the model");
  if (!options.names.empty()) ProtectModel(outputs, options.names, "the model of --names");
}

void ProtectInputs(const TuneOptions& options, const std::string& output) {
  OutputPaths outputs;
  outputs.Add("output", output, "choose another name with -o");
  AddReports(options.convert.reports, outputs);
  if (!options.state.empty()) outputs.Add("state", options.state, "choose another --state");
  if (!options.log.empty()) outputs.Add("log", options.log, "choose another --log");
  if (!options.save_onnx.empty()) {
    outputs.Add("float model", options.save_onnx, "choose another --save-onnx");
  }
  ProtectModel(outputs, options.convert.model, "the model");
  if (!options.teacher.empty()) ProtectModel(outputs, options.teacher, "the teacher");
  for (const std::string& labels : {options.labels, options.validation_labels}) {
    if (!labels.empty()) outputs.RequireNot(labels, "the file of labels");
  }
  ProtectSamples(outputs, options.convert.data.paths, options.convert.model);
  ProtectSamples(outputs, options.validation.paths, options.convert.model);
}

void RequireReportable(const std::vector<std::string>& reports) {
  for (const std::string& report : reports) {
    if (!report.empty()) RequireWritable(report);
  }
}

}  // namespace qconvert

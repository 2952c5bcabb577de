// Converts a network and compares the file with it: convert_and_judge MODEL.onnx DATA FILE.tflite
#include <iostream>

#include <qconvert/qconvert.h>

int main(int argc, char** argv) try {
  if (argc != 4) return 2;
  qconvert::ConvertOptions convert;
  convert.model = argv[1];
  convert.data.paths = {argv[2]};
  convert.output = argv[3];
  std::cout << qconvert::Convert(convert).mode << "\n";

  qconvert::EvaluateOptions judge;
  judge.reference = convert.model;
  judge.candidate = convert.output;
  judge.data = convert.data;
  judge.gates.min_sqnr = 20;
  const qconvert::EvaluateSummary verdict = qconvert::Evaluate(judge);
  std::cout << qconvert::ToText(verdict.gates.front()) << "\n";
  return verdict.exit_code();
} catch (const qconvert::Error& error) {
  std::cerr << "error: " << error.what() << "\n";
  return error.exit_code();
}

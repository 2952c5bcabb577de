// Prints the values of ONEDNN_MAX_CPU_ISA that make this machine compute as an older one, oldest
// first. Values that change nothing here are left out.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <string_view>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

namespace {

struct InstructionSet {
  std::string_view name;
  dnnl::cpu_isa isa;
};

constexpr InstructionSet kInstructionSets[] = {
    {"SSE41", dnnl::cpu_isa::sse41},
    {"AVX", dnnl::cpu_isa::avx},
    {"AVX2", dnnl::cpu_isa::avx2},
    {"AVX2_VNNI", dnnl::cpu_isa::avx2_vnni},
    {"AVX2_VNNI_2", dnnl::cpu_isa::avx2_vnni_2},
    {"AVX512_CORE", dnnl::cpu_isa::avx512_core},
    {"AVX512_CORE_VNNI", dnnl::cpu_isa::avx512_core_vnni},
    {"AVX512_CORE_BF16", dnnl::cpu_isa::avx512_core_bf16},
    {"AVX512_CORE_FP16", dnnl::cpu_isa::avx512_core_fp16},
    {"AVX512_CORE_AMX", dnnl::cpu_isa::avx512_core_amx},
    {"AVX512_CORE_AMX_FP16", dnnl::cpu_isa::avx512_core_amx_fp16},
};

/// Returns whether oneDNN, when told to, would use this set and no larger or smaller one. A process
/// can tell it once, so each question is asked in a process of its own.
bool CanBeChosen(dnnl::cpu_isa isa) {
  const pid_t child = fork();
  if (child == 0) {
    const bool told = dnnl::set_max_cpu_isa(isa) == dnnl::status::success;
    _exit(told && dnnl::get_effective_cpu_isa() == isa ? 0 : 1);
  }
  int status = 1;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

int main() {
  std::vector<InstructionSet> chosen;
  std::copy_if(std::begin(kInstructionSets), std::end(kInstructionSets), std::back_inserter(chosen),
               [](const InstructionSet& set) { return CanBeChosen(set.isa); });
  const dnnl::cpu_isa here = dnnl::get_effective_cpu_isa();
  for (const InstructionSet& set : chosen) {
    if (set.isa != here) std::cout << set.name << '\n';
  }
}

#include "lib/kernels/float_gemm.h"

#include "lib/kernels/onednn.h"

namespace qconvert {
namespace {

char Letter(const GemmFactor& factor) { return factor.transposed ? 'T' : 'N'; }

dnnl::memory::dim Dim(size_t size) { return static_cast<dnnl::memory::dim>(size); }

}  // namespace

void AddFloatProduct(size_t rows, size_t terms, size_t columns, const GemmFactor& a,
                     const GemmFactor& b, float* c, size_t c_stride) {
  if (rows == 0 || terms == 0 || columns == 0) return;
  UseOneThreadForPrimitives();
  const dnnl::status status =
      dnnl::sgemm(Letter(a), Letter(b), Dim(rows), Dim(columns), Dim(terms), 1, a.values,
                  Dim(a.stride), b.values, Dim(b.stride), 1, c, Dim(c_stride));
  if (status != dnnl::status::success) {
    ThrowMeaningOf(dnnl::error(static_cast<dnnl_status_t>(status), "a product of matrices failed"));
  }
}

}  // namespace qconvert

#include "lib/samples/jpeg.h"

#include <csetjmp>
#include <cstdio>
// jpeglib.h needs FILE and size_t before it.
#include <string>

#include <jpeglib.h>

#include "lib/base/error.h"

namespace qconvert {
namespace {

/// libjpeg's state with our error hooks. longjmp returns into Step below, whose frame holds nothing
/// that has a destructor.
struct Decoder {
  jpeg_decompress_struct state{};
  jpeg_error_mgr errors{};
  std::jmp_buf escape{};
  char message[JMSG_LENGTH_MAX] = {};

  Decoder() {
    state.err = jpeg_std_error(&errors);
    state.client_data = this;
    errors.error_exit = [](j_common_ptr info) { Escape(info); };
    // Warnings are damage too: "premature end of file" fills the rest with grey.
    errors.emit_message = [](j_common_ptr info, int level) {
      if (level < 0) Escape(info);
    };
    errors.output_message = [](j_common_ptr) {};
    jpeg_create_decompress(&state);
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { jpeg_destroy_decompress(&state); }

  [[noreturn]] static void Escape(j_common_ptr info) {
    auto* decoder = static_cast<Decoder*>(info->client_data);
    info->err->format_message(info, decoder->message);
    std::longjmp(decoder->escape, 1);
  }
};

bool ReadHeader(Decoder& decoder, std::span<const std::byte> bytes) {
  if (setjmp(decoder.escape) != 0) return false;
  jpeg_mem_src(&decoder.state, reinterpret_cast<const unsigned char*>(bytes.data()),
               static_cast<unsigned long>(bytes.size()));
  return jpeg_read_header(&decoder.state, TRUE) == JPEG_HEADER_OK;
}

bool Decompress(Decoder& decoder, uint8_t* pixels, size_t row_bytes) {
  if (setjmp(decoder.escape) != 0) return false;
  jpeg_start_decompress(&decoder.state);
  while (decoder.state.output_scanline < decoder.state.output_height) {
    JSAMPROW row = pixels + decoder.state.output_scanline * row_bytes;
    jpeg_read_scanlines(&decoder.state, &row, 1);
  }
  jpeg_finish_decompress(&decoder.state);
  return true;
}

[[noreturn]] void FailDamaged(const Decoder& decoder) {
  Fail(ErrorKind::kUnusable, std::string("damaged JPEG: ") + decoder.message);
}

}  // namespace

int64_t PixelsOfJpeg(std::span<const std::byte> bytes) {
  Decoder decoder;
  if (!ReadHeader(decoder, bytes)) FailDamaged(decoder);
  return int64_t{decoder.state.image_width} * decoder.state.image_height;
}

Picture DecodeJpeg(std::span<const std::byte> bytes) {
  Decoder decoder;
  if (!ReadHeader(decoder, bytes)) FailDamaged(decoder);
  jpeg_decompress_struct& state = decoder.state;
  if (static_cast<int64_t>(state.image_width) * state.image_height > kMostPixels) {
    Fail(ErrorKind::kUnusable, "JPEG with more than 2^28 pixels");
  }
  if (state.num_components == 4) {
    Fail(ErrorKind::kUnusable, "CMYK JPEG; save it as RGB");
  }
  const bool grey = state.num_components == 1;
  state.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
  Picture picture{
      static_cast<int>(state.image_height), static_cast<int>(state.image_width), grey ? 1 : 3, {}};
  const size_t row_bytes =
      static_cast<size_t>(picture.width) * static_cast<size_t>(picture.channels);
  picture.pixels.resize(row_bytes * static_cast<size_t>(picture.height));
  if (!Decompress(decoder, picture.pixels.data(), row_bytes)) FailDamaged(decoder);
  return picture;
}

}  // namespace qconvert

#include "test/samples/encode_picture.h"

#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>
#include <png.h>

namespace qconvert {

std::string EncodePng(const PngParts& parts) {
  std::string bytes;
  png_struct* png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_info* info = png_create_info_struct(png);
  const auto write = [](png_struct* state, png_byte* chunk, size_t size) {
    static_cast<std::string*>(png_get_io_ptr(state))->append(reinterpret_cast<char*>(chunk), size);
  };
  png_set_write_fn(png, &bytes, write, nullptr);
  png_set_IHDR(png, info, parts.width, parts.height, parts.bit_depth, parts.color_type,
               parts.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  std::vector<png_color> colors;
  for (size_t i = 0; i + 2 < parts.palette.size(); i += 3) {
    colors.push_back({parts.palette[i], parts.palette[i + 1], parts.palette[i + 2]});
  }
  if (!colors.empty()) png_set_PLTE(png, info, colors.data(), static_cast<int>(colors.size()));
  if (!parts.palette_alpha.empty()) {
    png_set_tRNS(png, info, parts.palette_alpha.data(),
                 static_cast<int>(parts.palette_alpha.size()), nullptr);
  }
  std::vector<png_byte*> rows(parts.height);
  const size_t row_bytes = parts.rows.size() / parts.height;
  for (size_t y = 0; y < rows.size(); ++y) {
    rows[y] = reinterpret_cast<png_byte*>(const_cast<char*>(parts.rows.data() + y * row_bytes));
  }
  png_set_rows(png, info, rows.data());
  png_write_png(png, info, PNG_TRANSFORM_IDENTITY, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

std::string EncodeJpeg(int height, int width, int channels, const std::string& pixels,
                       bool progressive) {
  jpeg_compress_struct state{};
  jpeg_error_mgr errors{};
  state.err = jpeg_std_error(&errors);
  jpeg_create_compress(&state);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&state, &buffer, &size);
  state.image_height = static_cast<JDIMENSION>(height);
  state.image_width = static_cast<JDIMENSION>(width);
  state.input_components = channels;
  state.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&state);
  jpeg_set_quality(&state, 100, TRUE);
  state.comp_info[0].h_samp_factor = state.comp_info[0].v_samp_factor = 1;
  if (progressive) jpeg_simple_progression(&state);
  jpeg_start_compress(&state, TRUE);
  const size_t row_bytes = static_cast<size_t>(width) * static_cast<size_t>(channels);
  while (state.next_scanline < state.image_height) {
    auto* row = reinterpret_cast<JSAMPLE*>(const_cast<char*>(pixels.data())) +
                state.next_scanline * row_bytes;
    jpeg_write_scanlines(&state, &row, 1);
  }
  jpeg_finish_compress(&state);
  const std::string bytes(reinterpret_cast<char*>(buffer), size);
  jpeg_destroy_compress(&state);
  std::free(buffer);
  return bytes;
}

}  // namespace qconvert

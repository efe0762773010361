// Layers and losses of neural networks.
#include "systemtorch.h"

namespace {

// Convolutions of floats on the CPU run on channels-last memory: oneDNN's kernels then work without copying the image into
// their own order and back, and every layer between two convolutions keeps the order it is given.
at::Tensor channels_last(const at::Tensor& image) {
  if (image.dim() != 4 || !image.device().is_cpu() || image.scalar_type() != at::kFloat) return image;
  return image.contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace

ST_API Handle st_conv2d(Handle input, Handle weight, Handle bias, const int64_t* stride, int64_t strides, const int64_t* padding,
                        int64_t paddings, const int64_t* dilation, int64_t dilations, int64_t groups) {
  return produce([&] {
    return at::conv2d(channels_last(*input), channels_last(*weight), st::or_none(bias), st::list(stride, strides),
                      st::list(padding, paddings), st::list(dilation, dilations), groups);
  });
}
ST_API Handle st_conv2d_padding(Handle input, Handle weight, Handle bias, const int64_t* stride, int64_t strides, int32_t same,
                                const int64_t* dilation, int64_t dilations, int64_t groups) {
  return produce([&] {
    return at::conv2d(channels_last(*input), channels_last(*weight), st::or_none(bias), st::list(stride, strides),
                      c10::string_view(same ? "same" : "valid"), st::list(dilation, dilations), groups);
  });
}
ST_API Handle st_linear(Handle input, Handle weight, Handle bias) {
  return produce([&] { return at::linear(*input, *weight, st::or_none(bias)); });
}
ST_API Handle st_layer_norm(Handle input, const int64_t* shape, int64_t dims, Handle weight, Handle bias, double eps) {
  return produce([&] { return at::layer_norm(*input, st::list(shape, dims), st::or_none(weight), st::or_none(bias), eps); });
}
ST_API int32_t st_max_pool2d_with_indices(Handle input, const int64_t* kernel, int64_t kernels, const int64_t* stride, int64_t strides,
                                          const int64_t* padding, int64_t paddings, const int64_t* dilation, int64_t dilations,
                                          int32_t ceil_mode, Handle* out) {
  return perform([&] {
    auto made = at::max_pool2d_with_indices(*input, st::list(kernel, kernels), st::list(stride, strides), st::list(padding, paddings),
                                            st::list(dilation, dilations), ceil_mode != 0);
    out[0] = st::hold(std::get<0>(made));
    out[1] = st::hold(std::get<1>(made));
  });
}
ST_API Handle st_avg_pool2d(Handle input, const int64_t* kernel, int64_t kernels, const int64_t* stride, int64_t strides,
                            const int64_t* padding, int64_t paddings, int32_t ceil_mode, int32_t count_padding) {
  return produce([&] {
    return at::avg_pool2d(*input, st::list(kernel, kernels), st::list(stride, strides), st::list(padding, paddings), ceil_mode != 0,
                          count_padding != 0);
  });
}
ST_API Handle st_adaptive_avg_pool2d(Handle input, const int64_t* size, int64_t sizes) {
  return produce([&] { return at::adaptive_avg_pool2d(*input, st::list(size, sizes)); });
}
ST_API Handle st_adaptive_max_pool2d(Handle input, const int64_t* size, int64_t sizes) {
  return produce([&] { return std::get<0>(at::adaptive_max_pool2d(*input, st::list(size, sizes))); });
}
ST_API Handle st_dropout(Handle input, double probability, int32_t training, int32_t in_place) {
  return produce([&] {
    return in_place ? at::dropout_(*input, probability, training != 0) : at::dropout(*input, probability, training != 0);
  });
}
ST_API Handle st_pad(Handle input, const int64_t* sides, int64_t count, const char* mode, double value) {
  return produce([&] {
    const bool constant = std::string(mode) == "constant";
    return at::pad(*input, st::list(sides, count), mode, constant ? c10::optional<double>(value) : c10::optional<double>());
  });
}
ST_API Handle st_bce_with_logits(Handle input, Handle target, Handle weight, Handle positive_weight, int64_t reduction) {
  return produce([&] {
    return at::binary_cross_entropy_with_logits(*input, *target, st::or_none(weight), st::or_none(positive_weight), reduction);
  });
}
ST_API Handle st_mse_loss(Handle input, Handle target, int64_t reduction) {
  return produce([&] { return at::mse_loss(*input, *target, reduction); });
}
ST_API Handle st_cross_entropy(Handle input, Handle target, Handle weight, int64_t ignore_index, int64_t reduction, double smoothing) {
  return produce([&] { return at::cross_entropy_loss(*input, *target, st::or_none(weight), reduction, ignore_index, smoothing); });
}

// Layers and losses of neural networks.
#include "systemtorch.h"

namespace {

// Convolutions of floats on the CPU run on channels-last memory: oneDNN's kernels then work without copying the image into
// their own order and back, and every layer between two convolutions keeps the order it is given.
at::Tensor channels_last(const at::Tensor& image) {
  if (image.dim() != 4 || !image.device().is_cpu() || image.scalar_type() != at::kFloat) return image;
  return image.contiguous(at::MemoryFormat::ChannelsLast);
}

// The image with its rows as columns, for one that is a single cell wide, or back again: the same memory with the channels last.
at::Tensor turned(const at::Tensor& image) { return channels_last(image.transpose(2, 3)); }

at::Tensor convolved(const at::Tensor& input, const at::Tensor& weight, const c10::optional<at::Tensor>& bias, at::IntArrayRef stride,
                     at::IntArrayRef padding, at::IntArrayRef dilation, int64_t groups) {
  const at::Tensor image = channels_last(input);
  // A list of one number counts for both axes.
  const auto across = [](at::IntArrayRef list) { return list[list.size() - 1]; };
  // A convolution along a single column: oneDNN works through an image row by row, and rows of one cell each take it two to three times as long.
  const bool column = image.dim() == 4 && image.size(3) == 1 && weight.dim() == 4 && weight.size(3) == 1 && image.device().is_cpu() &&
                      image.scalar_type() == at::kFloat && !stride.empty() && !dilation.empty() && !padding.empty() && across(padding) == 0;
  if (!column) return at::conv2d(image, channels_last(weight), bias, stride, padding, dilation, groups);
  const std::vector<int64_t> steps{across(stride), stride[0]}, around{0, padding[0]}, apart{across(dilation), dilation[0]};
  return turned(at::conv2d(turned(image), turned(weight), bias, at::IntArrayRef(steps), at::IntArrayRef(around), at::IntArrayRef(apart), groups));
}

}  // namespace

ST_API Handle st_conv2d(Handle input, Handle weight, Handle bias, const int64_t* stride, int64_t strides, const int64_t* padding,
                        int64_t paddings, const int64_t* dilation, int64_t dilations, int64_t groups) {
  return produce([&] {
    return convolved(*input, *weight, st::or_none(bias), st::list(stride, strides), st::list(padding, paddings), st::list(dilation, dilations),
                     groups);
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
// Sequences of mixed lengths, step by step: row after row of the first step's sequences, then of the second's, the longest sequence first.
// out: the rows, how many each step has, the sequences' numbers by falling length and the place of each in that order.
ST_API int32_t st_pack_padded_sequence(Handle input, Handle lengths, int32_t batch_first, int32_t enforce_sorted, Handle* out) {
  return perform([&] {
    TORCH_CHECK(lengths->device().is_cpu() && lengths->dim() == 1, "the lengths must be a list of numbers on the CPU");
    const int64_t steps = input->size(batch_first ? 1 : 0);
    TORCH_CHECK((lengths->le(steps)).all().item<bool>(), "a sequence is longer than the ", steps, " steps of the input");
    at::Tensor sorted = *lengths, order = at::arange(lengths->numel()), sequences = *input;
    if (!enforce_sorted) {
      std::tie(sorted, order) = at::sort(*lengths, c10::optional<bool>(true), 0, true);
      sequences = input->index_select(batch_first ? 0 : 1, order.to(input->device()));
    }
    const auto packed = at::_pack_padded_sequence(sequences, sorted, batch_first != 0);
    order = order.to(input->device());
    out[0] = st::hold(std::get<0>(packed));
    out[1] = st::hold(std::get<1>(packed));
    out[2] = st::hold(order);
    out[3] = st::hold(at::empty_like(order).scatter_(0, order, at::arange(order.numel(), order.options())));
  });
}
// weights: of every layer and direction in turn input, state and, where there are any, their biases. out: the output and the last states.
ST_API int32_t st_gru(Handle input, Handle state, const Handle* weights, int64_t count, int32_t biases, int64_t layers, double dropout,
                      int32_t training, int32_t bidirectional, int32_t batch_first, Handle* out) {
  return perform([&] {
    auto made = at::gru(*input, *state, st::gather(weights, count), biases != 0, layers, dropout, training != 0, bidirectional != 0,
                        batch_first != 0);
    out[0] = st::hold(std::get<0>(made));
    out[1] = st::hold(std::get<1>(made));
  });
}
ST_API int32_t st_gru_packed(Handle data, Handle sizes, Handle state, const Handle* weights, int64_t count, int32_t biases, int64_t layers,
                             double dropout, int32_t training, int32_t bidirectional, Handle* out) {
  return perform([&] {
    auto made = at::gru(*data, *sizes, *state, st::gather(weights, count), biases != 0, layers, dropout, training != 0, bidirectional != 0);
    out[0] = st::hold(std::get<0>(made));
    out[1] = st::hold(std::get<1>(made));
  });
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

// Making, describing, copying, indexing and reshaping tensors.
#include "systemtorch.h"

#include <cstring>

ST_API void st_dispose(Handle tensor) {
  if (tensor == nullptr) return;
  delete tensor;
  st::live_tensors.fetch_sub(1, std::memory_order_relaxed);
}

// What a tensor is.

ST_API int64_t st_dim(Handle tensor) { return tensor->dim(); }
ST_API int64_t st_numel(Handle tensor) { return tensor->numel(); }
ST_API int64_t st_element_size(Handle tensor) { return static_cast<int64_t>(tensor->element_size()); }
ST_API int32_t st_dtype(Handle tensor) { return static_cast<int32_t>(tensor->scalar_type()); }
ST_API int32_t st_device_type(Handle tensor) { return static_cast<int32_t>(tensor->device().type()); }
ST_API int32_t st_device_index(Handle tensor) { return tensor->device().index(); }
ST_API int32_t st_is_leaf(Handle tensor) { return tensor->is_leaf(); }
ST_API int32_t st_is_contiguous(Handle tensor) { return tensor->is_contiguous(); }
ST_API int32_t st_is_channels_last(Handle tensor) { return tensor->dim() == 4 && tensor->is_contiguous(at::MemoryFormat::ChannelsLast); }
ST_API int32_t st_is_defined(Handle tensor) { return tensor->defined(); }
ST_API int64_t st_storage_offset(Handle tensor) { return tensor->storage_offset(); }
ST_API void st_sizes(Handle tensor, int64_t* sizes) {
  const auto from = tensor->sizes();
  std::copy(from.begin(), from.end(), sizes);
}
ST_API int32_t st_strides(Handle tensor, int64_t* strides) {
  return perform([&] {
    const auto from = tensor->strides();
    std::copy(from.begin(), from.end(), strides);
  });
}
ST_API void* st_data(Handle tensor) {
  void* data = nullptr;
  perform([&] { data = tensor->data_ptr(); });
  return data;
}
ST_API int32_t st_item(Handle tensor, Number* number) {
  return perform([&] {
    const at::Scalar value = tensor->item();
    if (value.isBoolean()) {
      *number = {value.toBool() ? 1 : 0, value.toBool() ? 1.0 : 0.0, 2};
    } else if (value.isIntegral(false)) {
      *number = {value.toLong(), static_cast<double>(value.toLong()), 0};
    } else {
      *number = {0, value.toDouble(), 1};
    }
  });
}

// Factories.

namespace {
at::Tensor with_gradient(at::Tensor made, const Place& place) { return place.requires_grad ? made.set_requires_grad(true) : made; }
}  // namespace

ST_API Handle st_empty(const int64_t* sizes, int64_t dims, Place place) {
  return produce([&] { return with_gradient(at::empty(st::list(sizes, dims), place.options()), place); });
}
ST_API Handle st_zeros(const int64_t* sizes, int64_t dims, Place place) {
  return produce([&] { return with_gradient(at::zeros(st::list(sizes, dims), place.options()), place); });
}
ST_API Handle st_ones(const int64_t* sizes, int64_t dims, Place place) {
  return produce([&] { return with_gradient(at::ones(st::list(sizes, dims), place.options()), place); });
}
ST_API Handle st_full(const int64_t* sizes, int64_t dims, Number value, Place place) {
  return produce([&] { return with_gradient(at::full(st::list(sizes, dims), value.scalar(), place.options()), place); });
}
ST_API Handle st_rand(const int64_t* sizes, int64_t dims, at::Generator* generator, Place place) {
  return produce([&] { return with_gradient(at::rand(st::list(sizes, dims), st::generator_or_none(generator), place.options()), place); });
}
ST_API Handle st_randn(const int64_t* sizes, int64_t dims, at::Generator* generator, Place place) {
  return produce([&] { return with_gradient(at::randn(st::list(sizes, dims), st::generator_or_none(generator), place.options()), place); });
}
ST_API Handle st_randint(int64_t low, int64_t high, const int64_t* sizes, int64_t dims, at::Generator* generator, Place place) {
  return produce([&] {
    return with_gradient(at::randint(low, high, st::list(sizes, dims), st::generator_or_none(generator), place.options()), place);
  });
}
ST_API Handle st_randperm(int64_t count, at::Generator* generator, Place place) {
  return produce([&] { return with_gradient(at::randperm(count, st::generator_or_none(generator), place.options()), place); });
}
ST_API Handle st_arange(Number start, Number stop, Number step, Place place) {
  return produce([&] { return with_gradient(at::arange(start.scalar(), stop.scalar(), step.scalar(), place.options()), place); });
}
ST_API Handle st_linspace(double start, double stop, int64_t steps, Place place) {
  return produce([&] { return with_gradient(at::linspace(start, stop, steps, place.options()), place); });
}
ST_API Handle st_eye(int64_t rows, int64_t columns, Place place) {
  return produce([&] { return with_gradient(at::eye(rows, columns, place.options()), place); });
}
ST_API Handle st_hann_window(int64_t length, int32_t periodic, Place place) {
  return produce([&] { return with_gradient(at::hann_window(length, periodic != 0, place.options()), place); });
}
ST_API Handle st_hamming_window(int64_t length, int32_t periodic, double alpha, double beta, Place place) {
  return produce([&] { return with_gradient(at::hamming_window(length, periodic != 0, alpha, beta, place.options()), place); });
}

// A tensor of its own memory with these elements; stored is the type they have, place what is asked for.
ST_API Handle st_from_elements(const void* elements, int64_t bytes, const int64_t* sizes, int64_t dims, int32_t stored, Place place) {
  return produce([&] {
    at::Tensor made = at::empty(st::list(sizes, dims), at::TensorOptions().dtype(static_cast<at::ScalarType>(stored)));
    TORCH_CHECK(static_cast<int64_t>(made.nbytes()) == bytes, "the array holds ", bytes, " bytes but the shape asks for ", made.nbytes());
    if (bytes > 0) std::memcpy(made.data_ptr(), elements, static_cast<size_t>(bytes));
    return with_gradient(made.to(place.options()), place);
  });
}

ST_API Handle st_like(Handle tensor, int32_t what, Number value, Place place) {
  return produce([&] {
    const at::TensorOptions options = place.options();
    switch (what) {
      case 0: return with_gradient(at::empty_like(*tensor, options), place);
      case 1: return with_gradient(at::zeros_like(*tensor, options), place);
      case 2: return with_gradient(at::ones_like(*tensor, options), place);
      case 3: return with_gradient(at::full_like(*tensor, value.scalar(), options), place);
      case 4: return with_gradient(at::rand_like(*tensor, options), place);
      default: return with_gradient(at::randn_like(*tensor, options), place);
    }
  });
}

// Copies and conversions.

ST_API Handle st_to(Handle tensor, int32_t dtype, int32_t device_type, int32_t device_index, int32_t copy, int32_t non_blocking) {
  return produce([&] {
    const at::Device device(static_cast<at::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
    return tensor->to(device, static_cast<at::ScalarType>(dtype), non_blocking != 0, copy != 0);
  });
}
ST_API int32_t st_copy_(Handle tensor, Handle source, int32_t non_blocking) {
  return perform([&] { tensor->copy_(*source, non_blocking != 0); });
}
ST_API Handle st_clone(Handle tensor) {
  return produce([&] { return tensor->clone(); });
}
ST_API Handle st_detach(Handle tensor) {
  return produce([&] { return tensor->detach(); });
}
ST_API int32_t st_detach_(Handle tensor) {
  return perform([&] { tensor->detach_(); });
}
ST_API Handle st_alias(Handle tensor) {
  return produce([&] { return tensor->alias(); });
}
// The same tensor under one more handle.
ST_API Handle st_share(Handle tensor) {
  return produce([&] { return *tensor; });
}
ST_API Handle st_contiguous(Handle tensor) {
  return produce([&] { return tensor->contiguous(); });
}
ST_API Handle st_channels_last(Handle tensor) {
  return produce([&] { return tensor->contiguous(at::MemoryFormat::ChannelsLast); });
}
ST_API int32_t st_fill_(Handle tensor, Number value) {
  return perform([&] { tensor->fill_(value.scalar()); });
}
ST_API int32_t st_zero_(Handle tensor) {
  return perform([&] { tensor->zero_(); });
}
ST_API int32_t st_set_(Handle tensor, Handle source) {
  return perform([&] { tensor->set_(*source); });
}
ST_API int32_t st_uniform_(Handle tensor, double low, double high, at::Generator* generator) {
  return perform([&] { tensor->uniform_(low, high, st::generator_or_none(generator)); });
}
ST_API int32_t st_normal_(Handle tensor, double mean, double deviation, at::Generator* generator) {
  return perform([&] { tensor->normal_(mean, deviation, st::generator_or_none(generator)); });
}
ST_API int32_t st_bernoulli_(Handle tensor, double probability, at::Generator* generator) {
  return perform([&] { tensor->bernoulli_(probability, st::generator_or_none(generator)); });
}
ST_API Handle st_bernoulli(Handle tensor, at::Generator* generator) {
  return produce([&] { return tensor->bernoulli(st::generator_or_none(generator)); });
}

// Shapes.

ST_API Handle st_view(Handle tensor, const int64_t* sizes, int64_t dims) {
  return produce([&] { return tensor->view(st::list(sizes, dims)); });
}
ST_API Handle st_reshape(Handle tensor, const int64_t* sizes, int64_t dims) {
  return produce([&] { return tensor->reshape(st::list(sizes, dims)); });
}
ST_API Handle st_expand(Handle tensor, const int64_t* sizes, int64_t dims, int32_t is_implicit) {
  return produce([&] { return tensor->expand(st::list(sizes, dims), is_implicit != 0); });
}
ST_API Handle st_repeat(Handle tensor, const int64_t* repeats, int64_t dims) {
  return produce([&] { return tensor->repeat(st::list(repeats, dims)); });
}
ST_API Handle st_repeat_interleave(Handle tensor, int64_t repeats, int64_t dim, int32_t has_dim) {
  return produce([&] { return tensor->repeat_interleave(repeats, has_dim ? c10::optional<int64_t>(dim) : c10::optional<int64_t>()); });
}
ST_API Handle st_permute(Handle tensor, const int64_t* order, int64_t dims) {
  return produce([&] { return tensor->permute(st::list(order, dims)); });
}
ST_API Handle st_transpose(Handle tensor, int64_t first, int64_t second) {
  return produce([&] { return tensor->transpose(first, second); });
}
ST_API Handle st_t(Handle tensor) {
  return produce([&] { return tensor->t(); });
}
ST_API Handle st_flatten(Handle tensor, int64_t start, int64_t end) {
  return produce([&] { return tensor->flatten(start, end); });
}
ST_API Handle st_squeeze(Handle tensor, int64_t dim, int32_t has_dim) {
  return produce([&] { return has_dim ? tensor->squeeze(dim) : tensor->squeeze(); });
}
ST_API Handle st_unsqueeze(Handle tensor, int64_t dim) {
  return produce([&] { return tensor->unsqueeze(dim); });
}
ST_API Handle st_flip(Handle tensor, const int64_t* dims, int64_t count) {
  return produce([&] { return tensor->flip(st::list(dims, count)); });
}
ST_API Handle st_roll(Handle tensor, const int64_t* shifts, int64_t shift_count, const int64_t* dims, int64_t count) {
  return produce([&] { return tensor->roll(st::list(shifts, shift_count), st::list(dims, count)); });
}
ST_API Handle st_unfold(Handle tensor, int64_t dim, int64_t size, int64_t step) {
  return produce([&] { return tensor->unfold(dim, size, step); });
}
ST_API Handle st_cat(const Handle* tensors, int64_t count, int64_t dim) {
  return produce([&] { return at::cat(st::gather(tensors, count), dim); });
}
ST_API Handle st_stack(const Handle* tensors, int64_t count, int64_t dim) {
  return produce([&] { return at::stack(st::gather(tensors, count), dim); });
}
// Writes as many handles as the split has parts; count is the room for them, found how many there are.
ST_API int32_t st_split(Handle tensor, int64_t size, int64_t dim, Handle* parts, int64_t count, int64_t* found) {
  return perform([&] {
    const auto made = tensor->split(size, dim);
    *found = static_cast<int64_t>(made.size());
    TORCH_CHECK(*found <= count, "no room for ", *found, " parts");
    for (int64_t i = 0; i < *found; i++) parts[i] = st::hold(made[i]);
  });
}
ST_API int32_t st_split_sizes(Handle tensor, const int64_t* sizes, int64_t count, int64_t dim, Handle* parts) {
  return perform([&] {
    const auto made = tensor->split_with_sizes(st::list(sizes, count), dim);
    for (size_t i = 0; i < made.size(); i++) parts[i] = st::hold(made[i]);
  });
}
ST_API int32_t st_unbind(Handle tensor, int64_t dim, Handle* parts) {
  return perform([&] {
    const auto made = tensor->unbind(dim);
    for (size_t i = 0; i < made.size(); i++) parts[i] = st::hold(made[i]);
  });
}

// Indexing.

ST_API Handle st_narrow(Handle tensor, int64_t dim, int64_t start, int64_t length) {
  return produce([&] { return tensor->narrow(dim, start, length); });
}
ST_API Handle st_slice(Handle tensor, int64_t dim, int64_t start, int64_t stop, int64_t step) {
  return produce([&] { return tensor->slice(dim, start, stop, step); });
}
ST_API Handle st_select(Handle tensor, int64_t dim, int64_t index) {
  return produce([&] { return tensor->select(dim, index); });
}
ST_API Handle st_gather(Handle tensor, int64_t dim, Handle index) {
  return produce([&] { return tensor->gather(dim, *index); });
}
ST_API Handle st_scatter(Handle tensor, int64_t dim, Handle index, Handle source) {
  return produce([&] { return tensor->scatter(dim, *index, *source); });
}
ST_API int32_t st_scatter_(Handle tensor, int64_t dim, Handle index, Handle source) {
  return perform([&] { tensor->scatter_(dim, *index, *source); });
}
ST_API Handle st_scatter_add(Handle tensor, int64_t dim, Handle index, Handle source) {
  return produce([&] { return tensor->scatter_add(dim, *index, *source); });
}
ST_API int32_t st_index_add_(Handle tensor, int64_t dim, Handle index, Handle source, Number alpha) {
  return perform([&] { tensor->index_add_(dim, *index, *source, alpha.scalar()); });
}
ST_API Handle st_masked_fill(Handle tensor, Handle mask, Number value) {
  return produce([&] { return tensor->masked_fill(*mask, value.scalar()); });
}
ST_API int32_t st_masked_fill_(Handle tensor, Handle mask, Number value) {
  return perform([&] { tensor->masked_fill_(*mask, value.scalar()); });
}
ST_API Handle st_masked_select(Handle tensor, Handle mask) {
  return produce([&] { return tensor->masked_select(*mask); });
}
ST_API Handle st_where(Handle condition, Handle chosen, Handle otherwise) {
  return produce([&] { return at::where(*condition, *chosen, *otherwise); });
}
ST_API Handle st_nonzero(Handle tensor) {
  return produce([&] { return tensor->nonzero(); });
}
ST_API Handle st_tril(Handle tensor, int64_t diagonal) {
  return produce([&] { return tensor->tril(diagonal); });
}
ST_API Handle st_triu(Handle tensor, int64_t diagonal) {
  return produce([&] { return tensor->triu(diagonal); });
}

namespace {

struct Index {
  int32_t kind;      // 0 None (a new axis), 1 a position, 2 ellipsis, 3 truth, 4 tensor, 5 slice
  int32_t has;       // of a slice: bit 0 start, bit 1 stop, bit 2 step
  int64_t start;     // or the position, or the truth
  int64_t stop;
  int64_t step;
  Handle tensor;
};

std::vector<at::indexing::TensorIndex> indices_of(const Index* indices, int64_t count) {
  using at::indexing::Slice;
  std::vector<at::indexing::TensorIndex> made;
  made.reserve(count);
  for (int64_t i = 0; i < count; i++) {
    const Index& index = indices[i];
    switch (index.kind) {
      case 0: made.emplace_back(at::indexing::None); break;
      case 1: made.emplace_back(index.start); break;
      case 2: made.emplace_back(at::indexing::Ellipsis); break;
      case 3: made.emplace_back(index.start != 0); break;
      case 4: made.emplace_back(*index.tensor); break;
      default: {
        const c10::optional<int64_t> none;
        made.emplace_back(Slice(index.has & 1 ? c10::optional<int64_t>(index.start) : none,
                                index.has & 2 ? c10::optional<int64_t>(index.stop) : none,
                                index.has & 4 ? c10::optional<int64_t>(index.step) : none));
      }
    }
  }
  return made;
}

}  // namespace

ST_API Handle st_index(Handle tensor, const Index* indices, int64_t count) {
  return produce([&] { return tensor->index(indices_of(indices, count)); });
}
ST_API int32_t st_index_put_(Handle tensor, const Index* indices, int64_t count, Handle value) {
  return perform([&] { tensor->index_put_(indices_of(indices, count), *value); });
}
ST_API int32_t st_index_fill_(Handle tensor, const Index* indices, int64_t count, Number value) {
  return perform([&] { tensor->index_put_(indices_of(indices, count), value.scalar()); });
}

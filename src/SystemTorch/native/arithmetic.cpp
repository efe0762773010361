// Element-wise arithmetic, comparisons, reductions, products of matrices and spectra.
#include "systemtorch.h"

#define UNARY(name)                 \
  ST_API Handle st_##name(Handle a) { \
    return produce([&] { return a->name(); }); \
  }
#define UNARY_BOTH(name)                 \
  UNARY(name)                            \
  ST_API int32_t st_##name##_(Handle a) { \
    return perform([&] { a->name##_(); }); \
  }
#define BINARY(name)                            \
  ST_API Handle st_##name(Handle a, Handle b) { \
    return produce([&] { return at::name(*a, *b); }); \
  }
#define BINARY_BOTH(name)                            \
  ST_API Handle st_##name(Handle a, Handle b) {      \
    return produce([&] { return a->name(*b); });     \
  }                                                  \
  ST_API int32_t st_##name##_(Handle a, Handle b) {  \
    return perform([&] { a->name##_(*b); });         \
  }
#define SCALAR_BOTH(name)                                   \
  ST_API Handle st_##name##_scalar(Handle a, Number b) {    \
    return produce([&] { return a->name(b.scalar()); });    \
  }                                                         \
  ST_API int32_t st_##name##_scalar_(Handle a, Number b) {  \
    return perform([&] { a->name##_(b.scalar()); });        \
  }

UNARY_BOTH(abs)
UNARY_BOTH(neg)
UNARY_BOTH(exp)
UNARY_BOTH(expm1)
UNARY_BOTH(log)
UNARY_BOTH(log1p)
UNARY_BOTH(log2)
UNARY_BOTH(log10)
UNARY_BOTH(sqrt)
UNARY_BOTH(rsqrt)
UNARY_BOTH(reciprocal)
UNARY_BOTH(floor)
UNARY_BOTH(ceil)
UNARY_BOTH(round)
UNARY_BOTH(sign)
UNARY_BOTH(sin)
UNARY_BOTH(cos)
UNARY_BOTH(tanh)
UNARY_BOTH(sigmoid)
UNARY_BOTH(relu)
UNARY_BOTH(erf)
UNARY_BOTH(logical_not)
UNARY(bitwise_not)
UNARY(isnan)
UNARY(isinf)
UNARY(isfinite)

ST_API Handle st_real(Handle a) {
  return produce([&] { return at::real(*a); });
}
ST_API Handle st_imag(Handle a) {
  return produce([&] { return at::imag(*a); });
}
ST_API Handle st_angle(Handle a) {
  return produce([&] { return at::angle(*a); });
}
ST_API Handle st_conj(Handle a) {
  return produce([&] { return a->conj(); });
}
ST_API Handle st_view_as_real(Handle a) {
  return produce([&] { return at::view_as_real(*a); });
}
ST_API Handle st_view_as_complex(Handle a) {
  return produce([&] { return at::view_as_complex(*a); });
}
ST_API Handle st_log_sigmoid(Handle a) {
  return produce([&] { return at::log_sigmoid(*a); });
}
ST_API Handle st_softplus(Handle a, double beta, double threshold) {
  return produce([&] { return at::softplus(*a, beta, threshold); });
}
ST_API Handle st_leaky_relu(Handle a, Number slope) {
  return produce([&] { return at::leaky_relu(*a, slope.scalar()); });
}
ST_API Handle st_gelu(Handle a) {
  return produce([&] { return at::gelu(*a); });
}
ST_API Handle st_silu(Handle a) {
  return produce([&] { return at::silu(*a); });
}

BINARY_BOTH(mul)
BINARY_BOTH(div)
BINARY_BOTH(pow)
BINARY_BOTH(remainder)
BINARY_BOTH(eq)
BINARY_BOTH(ne)
BINARY_BOTH(lt)
BINARY_BOTH(le)
BINARY_BOTH(gt)
BINARY_BOTH(ge)
BINARY_BOTH(logical_and)
BINARY_BOTH(logical_or)
BINARY_BOTH(logical_xor)
BINARY(bitwise_and)
BINARY(bitwise_or)
BINARY(bitwise_xor)
BINARY(maximum)
BINARY(minimum)
BINARY(atan2)
BINARY(logaddexp)
BINARY(floor_divide)
SCALAR_BOTH(mul)
SCALAR_BOTH(div)
SCALAR_BOTH(pow)
SCALAR_BOTH(remainder)
SCALAR_BOTH(eq)
SCALAR_BOTH(ne)
SCALAR_BOTH(lt)
SCALAR_BOTH(le)
SCALAR_BOTH(gt)
SCALAR_BOTH(ge)

ST_API Handle st_add(Handle a, Handle b, Number alpha) {
  return produce([&] { return a->add(*b, alpha.scalar()); });
}
ST_API int32_t st_add_(Handle a, Handle b, Number alpha) {
  return perform([&] { a->add_(*b, alpha.scalar()); });
}
ST_API Handle st_add_scalar(Handle a, Number b) {
  return produce([&] { return a->add(b.scalar()); });
}
ST_API int32_t st_add_scalar_(Handle a, Number b) {
  return perform([&] { a->add_(b.scalar()); });
}
ST_API Handle st_sub(Handle a, Handle b) {
  return produce([&] { return a->sub(*b); });
}
ST_API int32_t st_sub_(Handle a, Handle b) {
  return perform([&] { a->sub_(*b); });
}
ST_API Handle st_sub_scalar(Handle a, Number b) {
  return produce([&] { return a->sub(b.scalar()); });
}
ST_API int32_t st_sub_scalar_(Handle a, Number b) {
  return perform([&] { a->sub_(b.scalar()); });
}
ST_API Handle st_floor_divide_scalar(Handle a, Number b) {
  return produce([&] { return a->floor_divide(b.scalar()); });
}
ST_API int32_t st_addcmul_(Handle a, Handle b, Handle c, Number value) {
  return perform([&] { a->addcmul_(*b, *c, value.scalar()); });
}
ST_API Handle st_addcmul(Handle a, Handle b, Handle c, Number value) {
  return produce([&] { return a->addcmul(*b, *c, value.scalar()); });
}
ST_API int32_t st_addcdiv_(Handle a, Handle b, Handle c, Number value) {
  return perform([&] { a->addcdiv_(*b, *c, value.scalar()); });
}
ST_API Handle st_addcdiv(Handle a, Handle b, Handle c, Number value) {
  return produce([&] { return a->addcdiv(*b, *c, value.scalar()); });
}
ST_API Handle st_lerp(Handle a, Handle b, Handle weight) {
  return produce([&] { return a->lerp(*b, *weight); });
}

namespace {
c10::optional<at::Scalar> bound(const Number& value, int32_t has) {
  return has ? c10::optional<at::Scalar>(value.scalar()) : c10::optional<at::Scalar>();
}
}  // namespace

ST_API Handle st_clamp(Handle a, Number low, int32_t has_low, Number high, int32_t has_high) {
  return produce([&] { return a->clamp(bound(low, has_low), bound(high, has_high)); });
}
ST_API int32_t st_clamp_(Handle a, Number low, int32_t has_low, Number high, int32_t has_high) {
  return perform([&] { a->clamp_(bound(low, has_low), bound(high, has_high)); });
}
ST_API Handle st_clamp_tensor(Handle a, Handle low, Handle high) {
  return produce([&] { return at::clamp(*a, st::or_none(low), st::or_none(high)); });
}

// Reductions. dims == null: over everything.

ST_API Handle st_sum(Handle a, const int64_t* dims, int64_t count, int32_t keep, int32_t dtype) {
  return produce([&] {
    const auto type = st::type_or_none(dtype);
    return dims == nullptr ? a->sum(type) : a->sum(st::list(dims, count), keep != 0, type);
  });
}
ST_API Handle st_mean(Handle a, const int64_t* dims, int64_t count, int32_t keep, int32_t dtype) {
  return produce([&] {
    const auto type = st::type_or_none(dtype);
    return dims == nullptr ? a->mean(type) : a->mean(st::list(dims, count), keep != 0, type);
  });
}
ST_API Handle st_var(Handle a, const int64_t* dims, int64_t count, int32_t unbiased, int32_t keep) {
  return produce([&] { return dims == nullptr ? a->var(unbiased != 0) : a->var(st::list(dims, count), unbiased != 0, keep != 0); });
}
ST_API Handle st_std(Handle a, const int64_t* dims, int64_t count, int32_t unbiased, int32_t keep) {
  return produce([&] { return dims == nullptr ? a->std(unbiased != 0) : a->std(st::list(dims, count), unbiased != 0, keep != 0); });
}
ST_API Handle st_amax(Handle a, const int64_t* dims, int64_t count, int32_t keep) {
  return produce([&] { return a->amax(st::list(dims, count), keep != 0); });
}
ST_API Handle st_amin(Handle a, const int64_t* dims, int64_t count, int32_t keep) {
  return produce([&] { return a->amin(st::list(dims, count), keep != 0); });
}
ST_API Handle st_logsumexp(Handle a, const int64_t* dims, int64_t count, int32_t keep) {
  return produce([&] { return a->logsumexp(st::list(dims, count), keep != 0); });
}
ST_API Handle st_prod(Handle a, int64_t dim, int32_t has_dim, int32_t keep, int32_t dtype) {
  return produce([&] {
    const auto type = st::type_or_none(dtype);
    return has_dim ? a->prod(dim, keep != 0, type) : a->prod(type);
  });
}
ST_API Handle st_norm(Handle a, double p, int64_t dim, int32_t has_dim, int32_t keep) {
  return produce([&] { return has_dim ? a->norm(at::Scalar(p), at::IntArrayRef(&dim, 1), keep != 0) : a->norm(at::Scalar(p)); });
}
ST_API Handle st_all(Handle a, int64_t dim, int32_t has_dim, int32_t keep) {
  return produce([&] { return has_dim ? a->all(dim, keep != 0) : a->all(); });
}
ST_API Handle st_any(Handle a, int64_t dim, int32_t has_dim, int32_t keep) {
  return produce([&] { return has_dim ? a->any(dim, keep != 0) : a->any(); });
}
ST_API Handle st_argmax(Handle a, int64_t dim, int32_t has_dim, int32_t keep) {
  return produce([&] { return a->argmax(has_dim ? c10::optional<int64_t>(dim) : c10::optional<int64_t>(), keep != 0); });
}
ST_API Handle st_argmin(Handle a, int64_t dim, int32_t has_dim, int32_t keep) {
  return produce([&] { return a->argmin(has_dim ? c10::optional<int64_t>(dim) : c10::optional<int64_t>(), keep != 0); });
}
ST_API Handle st_max(Handle a) {
  return produce([&] { return a->max(); });
}
ST_API Handle st_min(Handle a) {
  return produce([&] { return a->min(); });
}
ST_API Handle st_median(Handle a) {
  return produce([&] { return a->median(); });
}
ST_API Handle st_cumsum(Handle a, int64_t dim, int32_t dtype) {
  return produce([&] { return a->cumsum(dim, st::type_or_none(dtype)); });
}
ST_API Handle st_softmax(Handle a, int64_t dim, int32_t dtype) {
  return produce([&] { return a->softmax(dim, st::type_or_none(dtype)); });
}
ST_API Handle st_log_softmax(Handle a, int64_t dim, int32_t dtype) {
  return produce([&] { return a->log_softmax(dim, st::type_or_none(dtype)); });
}

namespace {
int32_t pair(Handle* out, std::tuple<at::Tensor, at::Tensor> made) {
  out[0] = st::hold(std::get<0>(made));
  out[1] = st::hold(std::get<1>(made));
  return 1;
}
}  // namespace

ST_API int32_t st_max_dim(Handle a, int64_t dim, int32_t keep, Handle* out) {
  return perform([&] { pair(out, a->max(dim, keep != 0)); });
}
ST_API int32_t st_min_dim(Handle a, int64_t dim, int32_t keep, Handle* out) {
  return perform([&] { pair(out, a->min(dim, keep != 0)); });
}
ST_API int32_t st_topk(Handle a, int64_t k, int64_t dim, int32_t largest, int32_t sorted, Handle* out) {
  return perform([&] { pair(out, a->topk(k, dim, largest != 0, sorted != 0)); });
}
ST_API int32_t st_sort(Handle a, int64_t dim, int32_t descending, int32_t stable, Handle* out) {
  return perform([&] { pair(out, a->sort(c10::optional<bool>(stable != 0), dim, descending != 0)); });
}
ST_API Handle st_argsort(Handle a, int64_t dim, int32_t descending) {
  return produce([&] { return a->argsort(dim, descending != 0); });
}
ST_API int32_t st_allclose(Handle a, Handle b, double rtol, double atol, int32_t equal_nan, int32_t* close) {
  return perform([&] { *close = a->allclose(*b, rtol, atol, equal_nan != 0); });
}
ST_API int32_t st_equal(Handle a, Handle b, int32_t* equal) {
  return perform([&] { *equal = a->sizes() == b->sizes() && at::equal(*a, *b); });
}
ST_API Handle st_isclose(Handle a, Handle b, double rtol, double atol, int32_t equal_nan) {
  return produce([&] { return a->isclose(*b, rtol, atol, equal_nan != 0); });
}

BINARY(matmul)
BINARY(mm)
BINARY(bmm)
BINARY(mv)
BINARY(dot)
BINARY(outer)

ST_API Handle st_addmm(Handle a, Handle b, Handle c, double beta, double alpha) {
  return produce([&] { return at::addmm(*a, *b, *c, beta, alpha); });
}

// A centred transform pads here: libtorch's own padding takes other arguments in each version.
ST_API Handle st_stft(Handle signal, int64_t n_fft, int64_t hop, int64_t length, Handle window, int32_t center, const char* mode,
                      int32_t normalized, int32_t onesided, int32_t return_complex) {
  return produce([&] {
    at::Tensor padded = *signal;
    if (center) {
      const int64_t side = n_fft / 2;
      const bool flat = padded.dim() == 1;
      padded = at::pad(flat ? padded.view({1, 1, -1}) : padded.unsqueeze(1), {side, side}, mode);
      padded = flat ? padded.view({-1}) : padded.squeeze(1);
    }
    const auto choice = [](int32_t value) { return value < 0 ? c10::optional<bool>() : c10::optional<bool>(value != 0); };
    return at::stft(padded, n_fft, hop < 0 ? n_fft / 4 : hop, length < 0 ? n_fft : length, st::or_none(window), normalized != 0,
                    choice(onesided), choice(return_complex));
  });
}

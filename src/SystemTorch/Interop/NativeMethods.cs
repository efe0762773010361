using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>
/// The functions of libsystemtorch, under the names that its sources give them. A tensor is the address of a native object that
/// <see cref="st_dispose"/> gives back; null or 0 says that the call failed and <see cref="st_last_error"/> why.
/// </summary>
internal static unsafe class NativeMethods
{
    private const string Library = NativeLibraryLoader.Name;

    // Not a field initialiser: the resolver must be in place before the first of the functions below is bound.
    static NativeMethods() => NativeLibraryLoader.Register();

    // Errors, threads, devices, random state and gradient modes (native/runtime.cpp).
    [DllImport(Library)] internal static extern byte* st_last_error();
    [DllImport(Library), SuppressGCTransition] internal static extern long st_live_tensors();
    [DllImport(Library)] internal static extern int st_throw(int what);
    [DllImport(Library)] internal static extern byte* st_torch_version();
    [DllImport(Library)] internal static extern int st_get_num_threads();
    [DllImport(Library)] internal static extern int st_set_num_threads(int count);
    [DllImport(Library)] internal static extern int st_get_num_interop_threads();
    [DllImport(Library)] internal static extern int st_set_num_interop_threads(int count);
    [DllImport(Library)] internal static extern int st_cuda_is_available();
    [DllImport(Library)] internal static extern int st_cuda_device_count();
    [DllImport(Library)] internal static extern int st_cuda_synchronize(int index);
    [DllImport(Library)] internal static extern int st_manual_seed(long seed);
    [DllImport(Library)] internal static extern nint st_generator_new(long seed);
    [DllImport(Library)] internal static extern nint st_generator_default();
    [DllImport(Library)] internal static extern void st_generator_dispose(nint generator);
    [DllImport(Library)] internal static extern int st_generator_seed(nint generator, long seed);
    [DllImport(Library)] internal static extern long st_generator_initial_seed(nint generator);
    [DllImport(Library)] internal static extern nint st_generator_get_state(nint generator);
    [DllImport(Library)] internal static extern int st_generator_set_state(nint generator, nint state);
    [DllImport(Library), SuppressGCTransition] internal static extern int st_grad_enabled();
    [DllImport(Library), SuppressGCTransition] internal static extern void st_set_grad_enabled(int enabled);
    [DllImport(Library), SuppressGCTransition] internal static extern int st_inference_enabled();
    [DllImport(Library)] internal static extern nint st_inference_enter(int enabled);
    [DllImport(Library)] internal static extern void st_inference_leave(nint guard);

    // The allocator (native/allocator.cpp).
    [DllImport(Library)] internal static extern int st_allocator_install();
    [DllImport(Library)] internal static extern void st_allocator_set_bound(long bytes);
    [DllImport(Library)] internal static extern void st_allocator_empty();
    [DllImport(Library)] internal static extern void st_allocator_statistics(long* fresh, long* reused, long* cached);

    // Making, describing, copying, indexing and reshaping (native/tensors.cpp).
    [DllImport(Library)] internal static extern void st_dispose(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_dim(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_numel(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_element_size(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern int st_dtype(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern int st_device_type(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern int st_device_index(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern int st_is_leaf(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern int st_is_contiguous(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern int st_is_channels_last(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern int st_is_defined(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern long st_storage_offset(nint tensor);
    [DllImport(Library), SuppressGCTransition] internal static extern void st_sizes(nint tensor, long* sizes);
    [DllImport(Library)] internal static extern int st_strides(nint tensor, long* strides);
    [DllImport(Library)] internal static extern nint st_data(nint tensor);
    [DllImport(Library)] internal static extern int st_item(nint tensor, Number* number);
    [DllImport(Library)] internal static extern nint st_empty(long* sizes, long dims, Place place);
    [DllImport(Library)] internal static extern nint st_zeros(long* sizes, long dims, Place place);
    [DllImport(Library)] internal static extern nint st_ones(long* sizes, long dims, Place place);
    [DllImport(Library)] internal static extern nint st_full(long* sizes, long dims, Number value, Place place);
    [DllImport(Library)] internal static extern nint st_rand(long* sizes, long dims, nint generator, Place place);
    [DllImport(Library)] internal static extern nint st_randn(long* sizes, long dims, nint generator, Place place);
    [DllImport(Library)] internal static extern nint st_randint(long low, long high, long* sizes, long dims, nint generator, Place place);
    [DllImport(Library)] internal static extern nint st_randperm(long count, nint generator, Place place);
    [DllImport(Library)] internal static extern nint st_arange(Number start, Number stop, Number step, Place place);
    [DllImport(Library)] internal static extern nint st_linspace(double start, double stop, long steps, Place place);
    [DllImport(Library)] internal static extern nint st_eye(long rows, long columns, Place place);
    [DllImport(Library)] internal static extern nint st_hann_window(long length, int periodic, Place place);
    [DllImport(Library)] internal static extern nint st_hamming_window(long length, int periodic, double alpha, double beta, Place place);
    [DllImport(Library)]
    internal static extern nint st_from_elements(void* elements, long bytes, long* sizes, long dims, int stored, Place place);
    [DllImport(Library)] internal static extern nint st_like(nint tensor, int what, Number value, Place place);
    [DllImport(Library)]
    internal static extern nint st_to(nint tensor, int dtype, int deviceType, int deviceIndex, int copy, int nonBlocking);
    [DllImport(Library)] internal static extern int st_copy_(nint tensor, nint source, int nonBlocking);
    [DllImport(Library)] internal static extern nint st_clone(nint tensor);
    [DllImport(Library)] internal static extern nint st_detach(nint tensor);
    [DllImport(Library)] internal static extern int st_detach_(nint tensor);
    [DllImport(Library)] internal static extern nint st_alias(nint tensor);
    [DllImport(Library)] internal static extern nint st_share(nint tensor);
    [DllImport(Library)] internal static extern nint st_contiguous(nint tensor);
    [DllImport(Library)] internal static extern nint st_channels_last(nint tensor);
    [DllImport(Library)] internal static extern int st_fill_(nint tensor, Number value);
    [DllImport(Library)] internal static extern int st_zero_(nint tensor);
    [DllImport(Library)] internal static extern int st_set_(nint tensor, nint source);
    [DllImport(Library)] internal static extern int st_uniform_(nint tensor, double low, double high, nint generator);
    [DllImport(Library)] internal static extern int st_normal_(nint tensor, double mean, double deviation, nint generator);
    [DllImport(Library)] internal static extern int st_bernoulli_(nint tensor, double probability, nint generator);
    [DllImport(Library)] internal static extern nint st_bernoulli(nint tensor, nint generator);
    [DllImport(Library)] internal static extern nint st_view(nint tensor, long* sizes, long dims);
    [DllImport(Library)] internal static extern nint st_reshape(nint tensor, long* sizes, long dims);
    [DllImport(Library)] internal static extern nint st_expand(nint tensor, long* sizes, long dims, int isImplicit);
    [DllImport(Library)] internal static extern nint st_repeat(nint tensor, long* repeats, long dims);
    [DllImport(Library)] internal static extern nint st_repeat_interleave(nint tensor, long repeats, long dim, int hasDim);
    [DllImport(Library)] internal static extern nint st_permute(nint tensor, long* order, long dims);
    [DllImport(Library)] internal static extern nint st_transpose(nint tensor, long first, long second);
    [DllImport(Library)] internal static extern nint st_t(nint tensor);
    [DllImport(Library)] internal static extern nint st_flatten(nint tensor, long start, long end);
    [DllImport(Library)] internal static extern nint st_squeeze(nint tensor, long dim, int hasDim);
    [DllImport(Library)] internal static extern nint st_unsqueeze(nint tensor, long dim);
    [DllImport(Library)] internal static extern nint st_flip(nint tensor, long* dims, long count);
    [DllImport(Library)] internal static extern nint st_roll(nint tensor, long* shifts, long shiftCount, long* dims, long count);
    [DllImport(Library)] internal static extern nint st_unfold(nint tensor, long dim, long size, long step);
    [DllImport(Library)] internal static extern nint st_cat(nint* tensors, long count, long dim);
    [DllImport(Library)] internal static extern nint st_stack(nint* tensors, long count, long dim);
    [DllImport(Library)] internal static extern int st_split(nint tensor, long size, long dim, nint* parts, long count, long* found);
    [DllImport(Library)] internal static extern int st_split_sizes(nint tensor, long* sizes, long count, long dim, nint* parts);
    [DllImport(Library)] internal static extern int st_unbind(nint tensor, long dim, nint* parts);
    [DllImport(Library)] internal static extern nint st_narrow(nint tensor, long dim, long start, long length);
    [DllImport(Library)] internal static extern nint st_slice(nint tensor, long dim, long start, long stop, long step);
    [DllImport(Library)] internal static extern nint st_select(nint tensor, long dim, long index);
    [DllImport(Library)] internal static extern nint st_index_select(nint tensor, long dim, nint index);
    [DllImport(Library)] internal static extern nint st_gather(nint tensor, long dim, nint index);
    [DllImport(Library)] internal static extern nint st_scatter(nint tensor, long dim, nint index, nint source);
    [DllImport(Library)] internal static extern int st_scatter_(nint tensor, long dim, nint index, nint source);
    [DllImport(Library)] internal static extern nint st_scatter_add(nint tensor, long dim, nint index, nint source);
    [DllImport(Library)] internal static extern int st_index_copy_(nint tensor, long dim, nint index, nint source);
    [DllImport(Library)] internal static extern int st_index_add_(nint tensor, long dim, nint index, nint source, Number alpha);
    [DllImport(Library)] internal static extern nint st_masked_fill(nint tensor, nint mask, Number value);
    [DllImport(Library)] internal static extern int st_masked_fill_(nint tensor, nint mask, Number value);
    [DllImport(Library)] internal static extern nint st_masked_select(nint tensor, nint mask);
    [DllImport(Library)] internal static extern nint st_where(nint condition, nint chosen, nint otherwise);
    [DllImport(Library)] internal static extern nint st_nonzero(nint tensor);
    [DllImport(Library)] internal static extern nint st_tril(nint tensor, long diagonal);
    [DllImport(Library)] internal static extern nint st_triu(nint tensor, long diagonal);
    [DllImport(Library)] internal static extern nint st_index(nint tensor, Index* indices, long count);
    [DllImport(Library)] internal static extern int st_index_put_(nint tensor, Index* indices, long count, nint value);
    [DllImport(Library)] internal static extern int st_index_fill_(nint tensor, Index* indices, long count, Number value);

    // Arithmetic, comparisons, reductions, products and spectra (native/arithmetic.cpp).
    [DllImport(Library)] internal static extern nint st_abs(nint a);
    [DllImport(Library)] internal static extern int st_abs_(nint a);
    [DllImport(Library)] internal static extern nint st_neg(nint a);
    [DllImport(Library)] internal static extern int st_neg_(nint a);
    [DllImport(Library)] internal static extern nint st_exp(nint a);
    [DllImport(Library)] internal static extern int st_exp_(nint a);
    [DllImport(Library)] internal static extern nint st_expm1(nint a);
    [DllImport(Library)] internal static extern int st_expm1_(nint a);
    [DllImport(Library)] internal static extern nint st_log(nint a);
    [DllImport(Library)] internal static extern int st_log_(nint a);
    [DllImport(Library)] internal static extern nint st_log1p(nint a);
    [DllImport(Library)] internal static extern int st_log1p_(nint a);
    [DllImport(Library)] internal static extern nint st_log2(nint a);
    [DllImport(Library)] internal static extern int st_log2_(nint a);
    [DllImport(Library)] internal static extern nint st_log10(nint a);
    [DllImport(Library)] internal static extern int st_log10_(nint a);
    [DllImport(Library)] internal static extern nint st_sqrt(nint a);
    [DllImport(Library)] internal static extern int st_sqrt_(nint a);
    [DllImport(Library)] internal static extern nint st_rsqrt(nint a);
    [DllImport(Library)] internal static extern int st_rsqrt_(nint a);
    [DllImport(Library)] internal static extern nint st_reciprocal(nint a);
    [DllImport(Library)] internal static extern int st_reciprocal_(nint a);
    [DllImport(Library)] internal static extern nint st_floor(nint a);
    [DllImport(Library)] internal static extern int st_floor_(nint a);
    [DllImport(Library)] internal static extern nint st_ceil(nint a);
    [DllImport(Library)] internal static extern int st_ceil_(nint a);
    [DllImport(Library)] internal static extern nint st_round(nint a);
    [DllImport(Library)] internal static extern int st_round_(nint a);
    [DllImport(Library)] internal static extern nint st_sign(nint a);
    [DllImport(Library)] internal static extern int st_sign_(nint a);
    [DllImport(Library)] internal static extern nint st_sin(nint a);
    [DllImport(Library)] internal static extern int st_sin_(nint a);
    [DllImport(Library)] internal static extern nint st_cos(nint a);
    [DllImport(Library)] internal static extern int st_cos_(nint a);
    [DllImport(Library)] internal static extern nint st_tanh(nint a);
    [DllImport(Library)] internal static extern int st_tanh_(nint a);
    [DllImport(Library)] internal static extern nint st_sigmoid(nint a);
    [DllImport(Library)] internal static extern int st_sigmoid_(nint a);
    [DllImport(Library)] internal static extern nint st_relu(nint a);
    [DllImport(Library)] internal static extern int st_relu_(nint a);
    [DllImport(Library)] internal static extern nint st_erf(nint a);
    [DllImport(Library)] internal static extern int st_erf_(nint a);
    [DllImport(Library)] internal static extern nint st_logical_not(nint a);
    [DllImport(Library)] internal static extern int st_logical_not_(nint a);
    [DllImport(Library)] internal static extern nint st_bitwise_not(nint a);
    [DllImport(Library)] internal static extern nint st_isnan(nint a);
    [DllImport(Library)] internal static extern nint st_isinf(nint a);
    [DllImport(Library)] internal static extern nint st_isfinite(nint a);
    [DllImport(Library)] internal static extern nint st_real(nint a);
    [DllImport(Library)] internal static extern nint st_imag(nint a);
    [DllImport(Library)] internal static extern nint st_angle(nint a);
    [DllImport(Library)] internal static extern nint st_conj(nint a);
    [DllImport(Library)] internal static extern nint st_view_as_real(nint a);
    [DllImport(Library)] internal static extern nint st_view_as_complex(nint a);
    [DllImport(Library)] internal static extern nint st_log_sigmoid(nint a);
    [DllImport(Library)] internal static extern nint st_softplus(nint a, double beta, double threshold);
    [DllImport(Library)] internal static extern nint st_leaky_relu(nint a, Number slope);
    [DllImport(Library)] internal static extern nint st_gelu(nint a);
    [DllImport(Library)] internal static extern nint st_silu(nint a);
    [DllImport(Library)] internal static extern nint st_mul(nint a, nint b);
    [DllImport(Library)] internal static extern int st_mul_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_div(nint a, nint b);
    [DllImport(Library)] internal static extern int st_div_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_pow(nint a, nint b);
    [DllImport(Library)] internal static extern int st_pow_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_remainder(nint a, nint b);
    [DllImport(Library)] internal static extern int st_remainder_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_eq(nint a, nint b);
    [DllImport(Library)] internal static extern int st_eq_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_ne(nint a, nint b);
    [DllImport(Library)] internal static extern int st_ne_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_lt(nint a, nint b);
    [DllImport(Library)] internal static extern int st_lt_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_le(nint a, nint b);
    [DllImport(Library)] internal static extern int st_le_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_gt(nint a, nint b);
    [DllImport(Library)] internal static extern int st_gt_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_ge(nint a, nint b);
    [DllImport(Library)] internal static extern int st_ge_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_logical_and(nint a, nint b);
    [DllImport(Library)] internal static extern int st_logical_and_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_logical_or(nint a, nint b);
    [DllImport(Library)] internal static extern int st_logical_or_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_logical_xor(nint a, nint b);
    [DllImport(Library)] internal static extern int st_logical_xor_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_bitwise_and(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_bitwise_or(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_bitwise_xor(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_maximum(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_minimum(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_atan2(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_logaddexp(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_floor_divide(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_mul_scalar(nint a, Number b);
    [DllImport(Library)] internal static extern int st_mul_scalar_(nint a, Number b);
    [DllImport(Library)] internal static extern nint st_div_scalar(nint a, Number b);
    [DllImport(Library)] internal static extern int st_div_scalar_(nint a, Number b);
    [DllImport(Library)] internal static extern nint st_pow_scalar(nint a, Number b);
    [DllImport(Library)] internal static extern int st_pow_scalar_(nint a, Number b);
    [DllImport(Library)] internal static extern nint st_remainder_scalar(nint a, Number b);
    [DllImport(Library)] internal static extern int st_remainder_scalar_(nint a, Number b);
    [DllImport(Library)] internal static extern nint st_eq_scalar(nint a, Number b);
    [DllImport(Library)] internal static extern int st_eq_scalar_(nint a, Number b);
    [DllImport(Library)] internal static extern nint st_ne_scalar(nint a, Number b);
    [DllImport(Library)] internal static extern int st_ne_scalar_(nint a, Number b);
    [DllImport(Library)] internal static extern nint st_lt_scalar(nint a, Number b);
    [DllImport(Library)] internal static extern int st_lt_scalar_(nint a, Number b);
    [DllImport(Library)] internal static extern nint st_le_scalar(nint a, Number b);
    [DllImport(Library)] internal static extern int st_le_scalar_(nint a, Number b);
    [DllImport(Library)] internal static extern nint st_gt_scalar(nint a, Number b);
    [DllImport(Library)] internal static extern int st_gt_scalar_(nint a, Number b);
    [DllImport(Library)] internal static extern nint st_ge_scalar(nint a, Number b);
    [DllImport(Library)] internal static extern int st_ge_scalar_(nint a, Number b);
    [DllImport(Library)] internal static extern nint st_add(nint a, nint b, Number alpha);
    [DllImport(Library)] internal static extern int st_add_(nint a, nint b, Number alpha);
    [DllImport(Library)] internal static extern nint st_add_scalar(nint a, Number b);
    [DllImport(Library)] internal static extern int st_add_scalar_(nint a, Number b);
    [DllImport(Library)] internal static extern nint st_sub(nint a, nint b);
    [DllImport(Library)] internal static extern int st_sub_(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_sub_scalar(nint a, Number b);
    [DllImport(Library)] internal static extern int st_sub_scalar_(nint a, Number b);
    [DllImport(Library)] internal static extern nint st_floor_divide_scalar(nint a, Number b);
    [DllImport(Library)] internal static extern int st_addcmul_(nint a, nint b, nint c, Number value);
    [DllImport(Library)] internal static extern nint st_addcmul(nint a, nint b, nint c, Number value);
    [DllImport(Library)] internal static extern int st_addcdiv_(nint a, nint b, nint c, Number value);
    [DllImport(Library)] internal static extern nint st_addcdiv(nint a, nint b, nint c, Number value);
    [DllImport(Library)] internal static extern nint st_lerp(nint a, nint b, nint weight);
    [DllImport(Library)] internal static extern nint st_clamp(nint a, Number low, int hasLow, Number high, int hasHigh);
    [DllImport(Library)] internal static extern int st_clamp_(nint a, Number low, int hasLow, Number high, int hasHigh);
    [DllImport(Library)] internal static extern nint st_clamp_tensor(nint a, nint low, nint high);
    [DllImport(Library)] internal static extern nint st_sum(nint a, long* dims, long count, int keep, int dtype);
    [DllImport(Library)] internal static extern nint st_mean(nint a, long* dims, long count, int keep, int dtype);
    [DllImport(Library)] internal static extern nint st_var(nint a, long* dims, long count, int unbiased, int keep);
    [DllImport(Library)] internal static extern nint st_std(nint a, long* dims, long count, int unbiased, int keep);
    [DllImport(Library)] internal static extern nint st_amax(nint a, long* dims, long count, int keep);
    [DllImport(Library)] internal static extern nint st_amin(nint a, long* dims, long count, int keep);
    [DllImport(Library)] internal static extern nint st_logsumexp(nint a, long* dims, long count, int keep);
    [DllImport(Library)] internal static extern nint st_prod(nint a, long dim, int hasDim, int keep, int dtype);
    [DllImport(Library)] internal static extern nint st_norm(nint a, double p, long dim, int hasDim, int keep);
    [DllImport(Library)] internal static extern nint st_all(nint a, long dim, int hasDim, int keep);
    [DllImport(Library)] internal static extern nint st_any(nint a, long dim, int hasDim, int keep);
    [DllImport(Library)] internal static extern nint st_argmax(nint a, long dim, int hasDim, int keep);
    [DllImport(Library)] internal static extern nint st_argmin(nint a, long dim, int hasDim, int keep);
    [DllImport(Library)] internal static extern nint st_max(nint a);
    [DllImport(Library)] internal static extern nint st_min(nint a);
    [DllImport(Library)] internal static extern nint st_median(nint a);
    [DllImport(Library)] internal static extern nint st_cumsum(nint a, long dim, int dtype);
    [DllImport(Library)] internal static extern nint st_softmax(nint a, long dim, int dtype);
    [DllImport(Library)] internal static extern nint st_log_softmax(nint a, long dim, int dtype);
    [DllImport(Library)] internal static extern int st_max_dim(nint a, long dim, int keep, nint* @out);
    [DllImport(Library)] internal static extern int st_min_dim(nint a, long dim, int keep, nint* @out);
    [DllImport(Library)] internal static extern int st_topk(nint a, long k, long dim, int largest, int sorted, nint* @out);
    [DllImport(Library)] internal static extern int st_sort(nint a, long dim, int descending, int stable, nint* @out);
    [DllImport(Library)] internal static extern nint st_argsort(nint a, long dim, int descending);
    [DllImport(Library)] internal static extern int st_allclose(nint a, nint b, double rtol, double atol, int equalNan, int* close);
    [DllImport(Library)] internal static extern int st_equal(nint a, nint b, int* equal);
    [DllImport(Library)] internal static extern nint st_isclose(nint a, nint b, double rtol, double atol, int equalNan);
    [DllImport(Library)] internal static extern nint st_matmul(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_mm(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_bmm(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_mv(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_dot(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_outer(nint a, nint b);
    [DllImport(Library)] internal static extern nint st_addmm(nint a, nint b, nint c, double beta, double alpha);
    [DllImport(Library)]
    internal static extern nint st_stft(
        nint signal, long nFft, long hop, long length, nint window, int center, byte* mode, int normalized, int onesided,
        int returnComplex);

    // Layers and losses (native/networks.cpp).
    [DllImport(Library)]
    internal static extern nint st_conv2d(
        nint input, nint weight, nint bias, long* stride, long strides, long* padding, long paddings, long* dilation, long dilations,
        long groups);
    [DllImport(Library)]
    internal static extern nint st_conv2d_padding(
        nint input, nint weight, nint bias, long* stride, long strides, int same, long* dilation, long dilations, long groups);
    [DllImport(Library)] internal static extern nint st_linear(nint input, nint weight, nint bias);
    [DllImport(Library)]
    internal static extern nint st_batch_norm(
        nint input, nint weight, nint bias, nint mean, nint variance, int training, double momentum, double eps);
    [DllImport(Library)] internal static extern nint st_layer_norm(nint input, long* shape, long dims, nint weight, nint bias, double eps);
    [DllImport(Library)]
    internal static extern int st_pack_padded_sequence(nint input, nint lengths, int batchFirst, int enforceSorted, nint* @out);
    [DllImport(Library)]
    internal static extern int st_gru(
        nint input, nint state, nint* weights, long count, int biases, long layers, double dropout, int training, int bidirectional,
        int batchFirst, nint* @out);
    [DllImport(Library)]
    internal static extern int st_gru_packed(
        nint data, nint sizes, nint state, nint* weights, long count, int biases, long layers, double dropout, int training,
        int bidirectional, nint* @out);
    [DllImport(Library)]
    internal static extern nint st_max_pool2d(
        nint input, long* kernel, long kernels, long* stride, long strides, long* padding, long paddings, long* dilation, long dilations,
        int ceilMode);
    [DllImport(Library)]
    internal static extern int st_max_pool2d_with_indices(
        nint input, long* kernel, long kernels, long* stride, long strides, long* padding, long paddings, long* dilation, long dilations,
        int ceilMode, nint* @out);
    [DllImport(Library)]
    internal static extern nint st_avg_pool2d(
        nint input, long* kernel, long kernels, long* stride, long strides, long* padding, long paddings, int ceilMode, int countPadding);
    [DllImport(Library)] internal static extern nint st_adaptive_avg_pool2d(nint input, long* size, long sizes);
    [DllImport(Library)] internal static extern nint st_adaptive_max_pool2d(nint input, long* size, long sizes);
    [DllImport(Library)] internal static extern nint st_dropout(nint input, double probability, int training, int inPlace);
    [DllImport(Library)] internal static extern nint st_pad(nint input, long* sides, long count, byte* mode, double value);
    [DllImport(Library)]
    internal static extern nint st_bce_with_logits(nint input, nint target, nint weight, nint positiveWeight, long reduction);
    [DllImport(Library)] internal static extern nint st_mse_loss(nint input, nint target, long reduction);
    [DllImport(Library)]
    internal static extern nint st_cross_entropy(nint input, nint target, nint weight, long ignoreIndex, long reduction, double smoothing);
    [DllImport(Library)] internal static extern nint st_prelu(nint input, nint weight);

    // Gradients and optimisers (native/training.cpp).
    [DllImport(Library), SuppressGCTransition] internal static extern int st_requires_grad(nint tensor);
    [DllImport(Library)] internal static extern int st_set_requires_grad(nint tensor, int requiresGrad);
    [DllImport(Library)] internal static extern int st_retain_grad(nint tensor);
    [DllImport(Library)] internal static extern int st_grad(nint tensor, nint* gradient);
    [DllImport(Library)] internal static extern int st_set_grad(nint tensor, nint gradient);
    [DllImport(Library)]
    internal static extern int st_backward(
        nint* tensors, long count, nint* gradients, long gradientCount, int retain, int create, nint* inputs, long inputCount);
    [DllImport(Library)]
    internal static extern int st_autograd_grad(
        nint* outputs, long count, nint* inputs, long inputCount, nint* gradients, long gradientCount, int retain, int create,
        int allowUnused, nint* @out);
    [DllImport(Library)] internal static extern int st_zero_grads(nint* parameters, long count, int toNone);
    [DllImport(Library)] internal static extern int st_clip_grad_norm_(nint* parameters, long count, double limit, double p, double* norm);
    [DllImport(Library)] internal static extern int st_clip_grad_value_(nint* parameters, long count, double limit);
    [DllImport(Library)]
    internal static extern int st_adam_step(
        nint* parameters, nint* averages, nint* squares, nint* tops, long* steps, long count, AdamSettings settings);
    [DllImport(Library)] internal static extern int st_sgd_step(nint* parameters, nint* buffers, long count, SgdSettings settings);
}

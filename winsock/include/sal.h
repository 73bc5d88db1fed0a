/*
 * sal.h - annotations of parameters and functions, which say nothing to gcc and clang
 *
 * The first set, in small letters, is left out of C++: libstdc++ has parameters called __in and
 * __out. C++ programs that use it may define WINLWIP_SAL1 after they have included what they want
 * of libstdc++.
 */
#ifndef _SAL_H_
#define _SAL_H_

#define _In_
#define _In_opt_
#define _In_z_
#define _In_opt_z_
#define _In_reads_(count)
#define _In_reads_opt_(count)
#define _In_reads_z_(count)
#define _In_reads_opt_z_(count)
#define _In_reads_bytes_(bytes)
#define _In_reads_bytes_opt_(bytes)
#define _In_reads_or_z_(count)
#define _In_range_(low, high)
#define _In_count_(count)
#define _In_bytecount_(bytes)
#define _Out_
#define _Out_opt_
#define _Out_writes_(count)
#define _Out_writes_opt_(count)
#define _Out_writes_z_(count)
#define _Out_writes_opt_z_(count)
#define _Out_writes_all_(count)
#define _Out_writes_to_(count, written)
#define _Out_writes_to_opt_(count, written)
#define _Out_writes_bytes_(bytes)
#define _Out_writes_bytes_opt_(bytes)
#define _Out_writes_bytes_all_(bytes)
#define _Out_writes_bytes_to_(bytes, written)
#define _Out_writes_bytes_to_opt_(bytes, written)
#define _Out_range_(low, high)
#define _Out_z_cap_(count)
#define _Out_cap_(count)
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_maybenull_
#define _Outptr_opt_result_maybenull_
#define _Outptr_result_buffer_(count)
#define _Outptr_result_bytebuffer_(bytes)
#define _Outref_
#define _Inout_
#define _Inout_opt_
#define _Inout_z_
#define _Inout_opt_z_
#define _Inout_updates_(count)
#define _Inout_updates_opt_(count)
#define _Inout_updates_z_(count)
#define _Inout_updates_to_(count, written)
#define _Inout_updates_bytes_(bytes)
#define _Inout_updates_bytes_opt_(bytes)
#define _Inout_updates_bytes_to_(bytes, written)
#define _Ret_maybenull_
#define _Ret_notnull_
#define _Ret_z_
#define _Ret_range_(low, high)
#define _Check_return_
#define _Must_inspect_result_
#define _Success_(expression)
#define _Return_type_success_(expression)
#define _On_failure_(annotation)
#define _Always_(annotation)
#define _When_(expression, annotation)
#define _At_(target, annotation)
#define _At_buffer_(target, index, count, annotation)
#define _Pre_
#define _Pre_notnull_
#define _Pre_maybenull_
#define _Pre_valid_
#define _Pre_satisfies_(expression)
#define _Post_
#define _Post_equal_to_(expression)
#define _Post_invalid_
#define _Post_ptr_invalid_
#define _Post_satisfies_(expression)
#define _Post_valid_
#define _Notnull_
#define _Maybenull_
#define _Null_terminated_
#define _NullNull_terminated_
#define _Field_size_(count)
#define _Field_size_opt_(count)
#define _Field_size_bytes_(bytes)
#define _Field_size_bytes_opt_(bytes)
#define _Field_range_(low, high)
#define _Struct_size_bytes_(bytes)
#define _Reserved_
#define _Const_
#define _Literal_
#define _Printf_format_string_
#define _Scanf_format_string_
#define _Frees_ptr_
#define _Frees_ptr_opt_
#define _Function_class_(name)
#define _Analysis_assume_(expression)
#define _Acquires_lock_(lock)
#define _Acquires_exclusive_lock_(lock)
#define _Acquires_shared_lock_(lock)
#define _Releases_lock_(lock)
#define _Releases_exclusive_lock_(lock)
#define _Releases_shared_lock_(lock)
#define _Requires_lock_held_(lock)
#define _Requires_lock_not_held_(lock)
#define _Guarded_by_(lock)
#define _Interlocked_operand_
#define _Use_decl_annotations_
#define __analysis_assume(expression)
#define __drv_aliasesMem
#define __drv_freesMem(kind)
#define __callback

#if !defined(__cplusplus) || defined(WINLWIP_SAL1)
#define __in
#define __in_opt
#define __in_z
#define __in_bcount(bytes)
#define __in_bcount_opt(bytes)
#define __in_ecount(count)
#define __in_ecount_opt(count)
#define __out
#define __out_opt
#define __out_bcount(bytes)
#define __out_bcount_opt(bytes)
#define __out_bcount_part(bytes, written)
#define __out_ecount(count)
#define __out_ecount_opt(count)
#define __out_ecount_part(count, written)
#define __inout
#define __inout_opt
#define __inout_bcount(bytes)
#define __inout_bcount_opt(bytes)
#define __inout_ecount(count)
#define __inout_ecount_opt(count)
#define __deref_out
#define __deref_out_opt
#define __deref_inout
#define __reserved
#define __checkReturn
#define __success(expression)
#define __field_ecount(count)
#define __field_bcount(bytes)
#define __format_string
#define __nullterminated
#endif

#endif

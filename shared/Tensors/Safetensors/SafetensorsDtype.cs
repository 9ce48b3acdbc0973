using System.Collections.Frozen;
using static TorchSharp.torch;

namespace Distributed.Tensors.Safetensors;

/// <summary>
/// An element type of safetensors, with the corresponding type of libtorch. Types smaller than one byte (F4, F6) have no counterpart in
/// libtorch; a file that uses them is rejected.
/// </summary>
/// <param name="Name">Name in the header, for example <c>BF16</c>.</param>
/// <param name="ItemSize">Bytes per element, 1 to 8.</param>
/// <param name="Scalar">libtorch's type. TorchSharp's enum has no names for FP8 and wide unsigned types; their numbers work.</param>
public sealed record SafetensorsDtype(string Name, int ItemSize, ScalarType Scalar)
{
    public static readonly SafetensorsDtype F64 = new("F64", 8, ScalarType.Float64);
    public static readonly SafetensorsDtype F32 = new("F32", 4, ScalarType.Float32);
    public static readonly SafetensorsDtype F16 = new("F16", 2, ScalarType.Float16);
    public static readonly SafetensorsDtype BF16 = new("BF16", 2, ScalarType.BFloat16);
    public static readonly SafetensorsDtype I64 = new("I64", 8, ScalarType.Int64);
    public static readonly SafetensorsDtype I32 = new("I32", 4, ScalarType.Int32);
    public static readonly SafetensorsDtype I16 = new("I16", 2, ScalarType.Int16);
    public static readonly SafetensorsDtype I8 = new("I8", 1, ScalarType.Int8);
    public static readonly SafetensorsDtype U8 = new("U8", 1, ScalarType.Byte);
    public static readonly SafetensorsDtype Bool = new("BOOL", 1, ScalarType.Bool);
    public static readonly SafetensorsDtype F8E5M2 = new("F8_E5M2", 1, (ScalarType)23);
    public static readonly SafetensorsDtype F8E4M3 = new("F8_E4M3", 1, (ScalarType)24);
    public static readonly SafetensorsDtype F8E5M2Fnuz = new("F8_E5M2FNUZ", 1, (ScalarType)25);
    public static readonly SafetensorsDtype F8E4M3Fnuz = new("F8_E4M3FNUZ", 1, (ScalarType)26);
    public static readonly SafetensorsDtype F8E8M0 = new("F8_E8M0", 1, (ScalarType)44);
    public static readonly SafetensorsDtype U16 = new("U16", 2, (ScalarType)27);
    public static readonly SafetensorsDtype U32 = new("U32", 4, (ScalarType)28);
    public static readonly SafetensorsDtype U64 = new("U64", 8, (ScalarType)29);
    public static readonly SafetensorsDtype C64 = new("C64", 8, ScalarType.ComplexFloat32);

    /// <summary>All types that can be read and written.</summary>
    public static IReadOnlyList<SafetensorsDtype> All { get; } =
    [
        F64, F32, F16, BF16, I64, I32, I16, I8, U8, Bool,
        F8E5M2, F8E4M3, F8E5M2Fnuz, F8E4M3Fnuz, F8E8M0, U16, U32, U64, C64,
    ];

    private static readonly FrozenDictionary<string, SafetensorsDtype> ByName = All.ToFrozenDictionary(d => d.Name);
    private static readonly FrozenDictionary<ScalarType, SafetensorsDtype> ByScalar = All.ToFrozenDictionary(d => d.Scalar);

    /// <summary>Returns the type with the given name (upper case, as in files); null if there is none.</summary>
    public static SafetensorsDtype? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Returns the type that stores the given libtorch type; null for quantised and 128-bit complex types.</summary>
    public static SafetensorsDtype? Find(ScalarType scalar) => ByScalar.GetValueOrDefault(scalar);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

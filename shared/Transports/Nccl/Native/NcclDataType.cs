namespace Distributed.Transports.Nccl;

/// <summary>The type of the elements that a collective works on; the numbers are those of NCCL's interface.</summary>
public enum NcclDataType
{
    /// <summary>Bytes, which are only moved.</summary>
    UInt8 = 1,

    /// <summary>64-bit integers with a sign.</summary>
    Int64 = 4,

    /// <summary>32-bit floating point.</summary>
    Float32 = 7,

    /// <summary>64-bit floating point.</summary>
    Float64 = 8,

    /// <summary>The upper 16 bits of a 32-bit floating point number.</summary>
    BFloat16 = 9,
}

/// <summary>Facts about <see cref="NcclDataType"/>.</summary>
public static class NcclDataTypes
{
    /// <summary>The length of one element in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not one of the types.</exception>
    public static int Bytes(this NcclDataType type) => type switch
    {
        NcclDataType.UInt8 => 1,
        NcclDataType.BFloat16 => 2,
        NcclDataType.Float32 => 4,
        NcclDataType.Int64 or NcclDataType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No type of elements."),
    };
}

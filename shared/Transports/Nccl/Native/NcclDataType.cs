namespace Distributed.Transports.Nccl;

/// <summary>Type of the elements of a collective. The values are those of NCCL's interface.</summary>
public enum NcclDataType
{
    /// <summary>Bytes, which cannot be reduced.</summary>
    UInt8 = 1,

    /// <summary>Signed 64-bit integers.</summary>
    Int64 = 4,

    /// <summary>32-bit floating point.</summary>
    Float32 = 7,

    /// <summary>64-bit floating point.</summary>
    Float64 = 8,

    /// <summary>bfloat16: the upper 16 bits of a 32-bit floating point number.</summary>
    BFloat16 = 9,
}

/// <summary>Sizes of <see cref="NcclDataType"/> values.</summary>
public static class NcclDataTypes
{
    /// <summary>Returns the size of one element in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type is unknown.</exception>
    public static int Bytes(this NcclDataType type) => type switch
    {
        NcclDataType.UInt8 => 1,
        NcclDataType.BFloat16 => 2,
        NcclDataType.Float32 => 4,
        NcclDataType.Int64 or NcclDataType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The element type is unknown."),
    };
}

namespace Distributed.Transports.Nccl;

/// <summary>A version of NCCL.</summary>
/// <param name="Major">The first number.</param>
/// <param name="Minor">The second number.</param>
/// <param name="Patch">The third number.</param>
public readonly record struct NcclVersion(int Major, int Minor, int Patch) : IComparable<NcclVersion>
{
    /// <summary>The oldest that is supported.</summary>
    public static NcclVersion Oldest => new(2, 18, 0);

    /// <summary>The number that NCCL gives for it: until 2.8 the minor version counts hundreds below a thousand.</summary>
    public int Code => (Major <= 2 && Minor <= 8 ? 1_000 : 10_000) * Major + 100 * Minor + Patch;

    /// <summary>The version behind a number such as 22703, which is 2.27.3.</summary>
    public static NcclVersion OfCode(int code) => code < 10_000
        ? new NcclVersion(code / 1_000, code % 1_000 / 100, code % 100)
        : new NcclVersion(code / 10_000, code % 10_000 / 100, code % 100);

    /// <inheritdoc/>
    public int CompareTo(NcclVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    /// <summary>For example <c>2.27.3</c>.</summary>
    public override string ToString() => $"{Major}.{Minor}.{Patch}";
}

namespace Distributed.Transports.Nccl;

/// <summary>A version of NCCL.</summary>
/// <param name="Major">Major version.</param>
/// <param name="Minor">Minor version.</param>
/// <param name="Patch">Patch version.</param>
public readonly record struct NcclVersion(int Major, int Minor, int Patch) : IComparable<NcclVersion>
{
    /// <summary>The oldest supported version.</summary>
    public static NcclVersion Oldest => new(2, 18, 0);

    /// <summary>
    /// The number that NCCL uses for the version. Up to 2.8, the major version counts thousands instead of ten thousands.
    /// </summary>
    public int Code => (Major <= 2 && Minor <= 8 ? 1_000 : 10_000) * Major + 100 * Minor + Patch;

    /// <summary>Returns the version for a number of NCCL, such as 2.27.3 for 22703.</summary>
    public static NcclVersion OfCode(int code) => code < 10_000
        ? new NcclVersion(code / 1_000, code % 1_000 / 100, code % 100)
        : new NcclVersion(code / 10_000, code % 10_000 / 100, code % 100);

    /// <inheritdoc/>
    public int CompareTo(NcclVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    /// <summary>For example <c>2.27.3</c>.</summary>
    public override string ToString() => $"{Major}.{Minor}.{Patch}";
}

using System.Numerics;

namespace Distributed.Transports.SameHost;

/// <summary>Settings of exchanges between processes of one host, the same on every rank.</summary>
public sealed record SameHostOptions
{
    /// <summary>Folder for rendezvous files. All ranks must have access; no other user may have access.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// Bytes of the ring from one rank to another in one group; a power of two from 64 KiB to 1 GiB. Its memory is allocated as it is used.
    /// Longer messages pass through it piece by piece. Default: 4 MiB.
    /// </summary>
    public long RingBytes { get; init; } = 4 << 20;

    /// <summary>
    /// How long a waiting rank spins before it sleeps, 0 or more. Null: 50 µs if there is a core for each rank, otherwise 0.
    /// </summary>
    public TimeSpan? Spin { get; init; }

    /// <summary>How long a rank waits for the others to join, more than zero. Default: 1 minute.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Settings of every exchange.</summary>
    public ExchangeOptions Exchange { get; init; } = new();

    /// <summary>Returns all errors in the settings; empty if there are none.</summary>
    public IEnumerable<string> Validate()
    {
        if (Directory.Length == 0) yield return $"{nameof(Directory)} is empty; it must name a folder.";
        if (RingBytes is < 64 << 10 or > 1 << 30 || !BitOperations.IsPow2(RingBytes))
            yield return $"{nameof(RingBytes)} is {RingBytes}; it must be a power of two from 65536 to 1073741824.";
        if (Spin < TimeSpan.Zero) yield return $"{nameof(Spin)} is {Spin}; it must be zero or more.";
        if (ConnectTimeout <= TimeSpan.Zero) yield return $"{nameof(ConnectTimeout)} is {ConnectTimeout}; it must be more than zero.";
        foreach (var error in Exchange.Validate()) yield return error;
    }

    internal TimeSpan SpinFor(int ranks) => Spin ?? (Environment.ProcessorCount >= ranks ? TimeSpan.FromMicroseconds(50) : TimeSpan.Zero);
}

using System.Numerics;

namespace Distributed.Transports.SameHost;

/// <summary>Settings of exchanges between processes of one host, the same on every rank.</summary>
public sealed record SameHostOptions
{
    /// <summary>Where ranks find each other: a folder that all of them have and that is this user's alone. Nothing stays in it.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// Bytes of the memory between a rank and one other, in one direction and group; a power of two from 64 KiB to 1 GiB. It is taken
    /// from the machine as it is used. What is longer passes through it piece by piece. Default: 4 MiB.
    /// </summary>
    public long RingBytes { get; init; } = 4 << 20;

    /// <summary>How long a waiting rank looks for work before it sleeps, 0 or more. Null: 50 µs where there is a core for each rank, else not at all.</summary>
    public TimeSpan? Spin { get; init; }

    /// <summary>How long a rank waits for the others to come, more than zero. Default: 1 minute.</summary>
    public TimeSpan MeetTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Of every exchange.</summary>
    public ExchangeOptions Exchange { get; init; } = new();

    /// <summary>Everything that is wrong with the settings; empty where nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (Directory.Length == 0) yield return $"{nameof(Directory)} is empty; it must name a folder.";
        if (RingBytes is < 64 << 10 or > 1 << 30 || !BitOperations.IsPow2(RingBytes)) yield return $"{nameof(RingBytes)} is {RingBytes}; it must be a power of two from 65536 to 1073741824.";
        if (Spin < TimeSpan.Zero) yield return $"{nameof(Spin)} is {Spin}; it must be zero or more.";
        if (MeetTimeout <= TimeSpan.Zero) yield return $"{nameof(MeetTimeout)} is {MeetTimeout}; it must be more than zero.";
        foreach (var error in Exchange.Validate()) yield return error;
    }

    internal TimeSpan SpinFor(int ranks) => Spin ?? (Environment.ProcessorCount >= ranks ? TimeSpan.FromMicroseconds(50) : TimeSpan.Zero);
}

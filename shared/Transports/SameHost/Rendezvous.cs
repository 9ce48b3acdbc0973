using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Distributed.Protocol.Identities;

namespace Distributed.Transports.SameHost;

/// <summary>
/// How the ranks of a world find each other's memory: rank 0 makes it and writes where it is into a file of the folder, whose name
/// is the group's; the others read that, until they find memory that says it is this group's. When all have come the file goes.
/// </summary>
internal static class Rendezvous
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(2); // between two looks into the folder

    /// <summary>Meets the others.</summary>
    /// <param name="group">Job, group and epoch: another epoch is another memory.</param>
    /// <param name="rank">Of this process.</param>
    /// <param name="size">Ranks.</param>
    /// <param name="sets">Sets of groups, the world counted.</param>
    /// <param name="options">Settings.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="TimeoutException">Not all came; names them.</exception>
    public static HostRank Meet(GroupEpoch group, int rank, int size, int sets, SameHostOptions options, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var (name, number) = Name(group);
        if (OperatingSystem.IsLinux() && rank == 0 && !Directory.Exists(options.Directory)) Directory.CreateDirectory(options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var place = Path.Combine(options.Directory, name);
        var segment = rank == 0
            ? Publish(Segment.Create(new SegmentLayout(size, sets, options.RingBytes), number), place)
            : Find(place, size, sets, number, clock, options, () => new TimeoutException($"Rank {rank} of {group} did not find rank 0's memory on this host within {options.MeetTimeout} (looked for in {place})."), cancellation);
        HostRank host;
        try
        {
            host = new HostRank(segment, rank);
        }
        catch
        {
            segment.Dispose();
            throw;
        }

        try
        {
            while (host.Absent is { Count: > 0 } absent)
            {
                cancellation.ThrowIfCancellationRequested();
                if (clock.Elapsed > options.MeetTimeout) throw new TimeoutException($"Rank {rank} of {group} waited {options.MeetTimeout} on this host for rank{(absent.Count == 1 ? "" : "s")} {string.Join(", ", absent)}.");
                host.Sleep(() => host.Absent.Count == 0);
            }

            return host;
        }
        catch
        {
            host.Share().Dispose();
            throw;
        }
        finally
        {
            if (rank == 0) File.Delete(place);
        }
    }

    private static Segment Publish(Segment segment, string place)
    {
        var fresh = $"{place}.{Environment.ProcessId}";
        File.WriteAllText(fresh, segment.Path);
        File.Move(fresh, place, overwrite: true);
        return segment;
    }

    private static Segment Find(string place, int size, int sets, long number, Stopwatch clock, SameHostOptions options, Func<TimeoutException> late, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                if (File.Exists(place) && Segment.Open(File.ReadAllText(place), size, sets, number) is { } segment) return segment;
            }
            catch (Exception e) when (e is Win32Exception or IOException)
            {
                // Left by a rank 0 that has died since; the one that is awaited writes it anew.
            }

            if (clock.Elapsed > options.MeetTimeout) throw late();
            cancellation.WaitHandle.WaitOne(Patience);
        }
    }

    private static (string Name, long Number) Name(GroupEpoch group)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(group.ToString()));
        return ($"exchange-{Convert.ToHexStringLower(hash.AsSpan(0, 8))}", BinaryPrimitives.ReadInt64LittleEndian(hash));
    }
}

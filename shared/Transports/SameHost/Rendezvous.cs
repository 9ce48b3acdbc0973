using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Distributed.Protocol.Identities;

namespace Distributed.Transports.SameHost;

/// <summary>
/// How the ranks of a world find the shared memory. Rank 0 creates it and writes its path into a file of the folder, named after the group.
/// The others read the file until they find memory that belongs to this group. The file is deleted when all ranks have joined.
/// </summary>
internal static class Rendezvous
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(2); // between two checks of the folder

    /// <summary>Joins the other ranks, and waits until all have joined.</summary>
    /// <param name="group">Job, group and epoch; each epoch has its own memory.</param>
    /// <param name="rank">World rank of this process.</param>
    /// <param name="size">Number of ranks in the world.</param>
    /// <param name="sets">Number of sets of groups, including the world.</param>
    /// <param name="options">Settings of the exchanges.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="TimeoutException">Ranks did not join in time; the message names them.</exception>
    public static HostRank Join(GroupEpoch group, int rank, int size, int sets, SameHostOptions options, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var (name, number) = Name(group);
        if (OperatingSystem.IsLinux() && rank == 0 && !Directory.Exists(options.Directory))
            Directory.CreateDirectory(options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = Path.Combine(options.Directory, name);
        var segment = rank == 0
            ? Publish(Segment.Create(new SegmentLayout(size, sets, options.RingBytes), number), file)
            : Find(file, size, sets, number, clock, options, () => NotFound(group, rank, options, file), cancellation);
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
                if (clock.Elapsed > options.ConnectTimeout) throw Missing(group, rank, options, absent);
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
            if (rank == 0) File.Delete(file);
        }
    }

    private static Segment Publish(Segment segment, string file)
    {
        var fresh = $"{file}.{Environment.ProcessId}";
        File.WriteAllText(fresh, segment.Path);
        File.Move(fresh, file, overwrite: true);
        return segment;
    }

    private static Segment Find(string file, int size, int sets, long number, Stopwatch clock, SameHostOptions options,
        Func<TimeoutException> late, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                if (File.Exists(file) && Segment.Open(File.ReadAllText(file), size, sets, number) is { } segment) return segment;
            }
            catch (Exception e) when (e is Win32Exception or IOException)
            {
                // Left by an earlier rank 0 that has died; the current rank 0 replaces the file.
            }

            if (clock.Elapsed > options.ConnectTimeout) throw late();
            cancellation.WaitHandle.WaitOne(PollInterval);
        }
    }

    private static TimeoutException NotFound(GroupEpoch group, int rank, SameHostOptions options, string file) => new(
        $"Rank {rank} of {group} did not find rank 0's memory on this host within {options.ConnectTimeout} (looked for in {file}).");

    private static TimeoutException Missing(GroupEpoch group, int rank, SameHostOptions options, IReadOnlyList<int> absent) => new(
        $"Rank {rank} of {group} waited {options.ConnectTimeout} on this host "
        + $"for rank{(absent.Count == 1 ? "" : "s")} {string.Join(", ", absent)}.");

    private static (string Name, long Number) Name(GroupEpoch group)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(group.ToString()));
        return ($"exchange-{Convert.ToHexStringLower(hash.AsSpan(0, 8))}", BinaryPrimitives.ReadInt64LittleEndian(hash));
    }
}

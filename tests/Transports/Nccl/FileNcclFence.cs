using System.Globalization;
using Distributed.Transports.Nccl;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>A fence between processes of one machine: files in a folder, looked at every few milliseconds.</summary>
internal sealed class FileNcclFence : INcclFence, IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(5);
    private readonly TaskCompletionSource<NcclAbort> _raised = new();
    private readonly string _folder;
    private readonly int _rank;
    private readonly NcclStanding[] _standings;
    private readonly Timer _timer;

    public FileNcclFence(string folder, int rank, int size)
    {
        (_folder, _rank, _standings) = (folder, rank, new NcclStanding[size]);
        _timer = new Timer(_ => Look(), null, TimeSpan.Zero, Beat);
    }

    public Task<NcclAbort> Raised => _raised.Task;

    private string AbortFile => Path.Combine(_folder, "abort");

    public void Raise(NcclAbort abort)
    {
        var draft = Write($"abort-{_rank}", $"{abort.RaisedBy}\n{abort.CulpritRank}\n{abort.Reason}");
        try
        {
            File.Move(draft, AbortFile, overwrite: false); // the first one's stays
        }
        catch (IOException) when (File.Exists(AbortFile))
        {
        }
        Look();
    }

    public void Publish(NcclStanding standing) =>
        File.Move(Write($"draft-{_rank}", $"{standing.Started} {standing.Left}"), StandingFile(_rank), overwrite: true);

    public NcclStanding StandingOf(int rank)
    {
        lock (_standings) return _standings[rank];
    }

    public void Dispose() => _timer.Dispose();

    private string StandingFile(int rank) => Path.Combine(_folder, $"standing-{rank}");

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    private void Look()
    {
        for (var rank = 0; rank < _standings.Length; rank++)
        {
            if (!File.Exists(StandingFile(rank))) continue;
            var words = File.ReadAllText(StandingFile(rank)).Split(' ');
            var standing = new NcclStanding(long.Parse(words[0], CultureInfo.InvariantCulture), bool.Parse(words[1]));
            lock (_standings) _standings[rank] = standing;
        }

        if (!File.Exists(AbortFile)) return;
        var lines = File.ReadAllText(AbortFile).Split('\n', 3);
        _raised.TrySetResult(new NcclAbort(
            int.Parse(lines[0], CultureInfo.InvariantCulture), int.Parse(lines[1], CultureInfo.InvariantCulture), lines[2]));
    }
}

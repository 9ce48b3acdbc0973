using System.Globalization;
using Distributed.Transports.Nccl;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>A fence between processes of one machine: files in a folder, checked every few milliseconds.</summary>
internal sealed class FileNcclFence : INcclFence, IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(5);
    private readonly TaskCompletionSource<NcclAbort> _raised = new();
    private readonly string _folder;
    private readonly int _rank;
    private readonly NcclProgress[] _progress;
    private readonly Timer _timer;

    public FileNcclFence(string folder, int rank, int size)
    {
        (_folder, _rank, _progress) = (folder, rank, new NcclProgress[size]);
        _timer = new Timer(_ => Look(), null, TimeSpan.Zero, Beat);
    }

    public Task<NcclAbort> Raised => _raised.Task;

    private string AbortFile => Path.Combine(_folder, "abort");

    public void Raise(NcclAbort abort)
    {
        var draft = Write($"abort-{_rank}", $"{abort.RaisedBy}\n{abort.CulpritRank}\n{abort.Reason}");
        try
        {
            File.Move(draft, AbortFile, overwrite: false); // the first abort stays
        }
        catch (IOException) when (File.Exists(AbortFile))
        {
        }
        Look();
    }

    public void Publish(NcclProgress progress) =>
        File.Move(Write($"draft-{_rank}", $"{progress.Started} {progress.Left}"), ProgressFile(_rank), overwrite: true);

    public NcclProgress ProgressOf(int rank)
    {
        lock (_progress) return _progress[rank];
    }

    public void Dispose() => _timer.Dispose();

    private string ProgressFile(int rank) => Path.Combine(_folder, $"progress-{rank}");

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    private void Look()
    {
        for (var rank = 0; rank < _progress.Length; rank++)
        {
            if (!File.Exists(ProgressFile(rank))) continue;
            var words = File.ReadAllText(ProgressFile(rank)).Split(' ');
            var progress = new NcclProgress(long.Parse(words[0], CultureInfo.InvariantCulture), bool.Parse(words[1]));
            lock (_progress) _progress[rank] = progress;
        }

        if (!File.Exists(AbortFile)) return;
        var lines = File.ReadAllText(AbortFile).Split('\n', 3);
        _raised.TrySetResult(new NcclAbort(
            int.Parse(lines[0], CultureInfo.InvariantCulture), int.Parse(lines[1], CultureInfo.InvariantCulture), lines[2]));
    }
}

using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using Distributed.Worker.Processes;

namespace Distributed.LocalClusters.Processes;

/// <summary>
/// The worker processes of one run. One thread starts all of them and lives as long as this object, because the system kills them when that
/// thread ends.
/// </summary>
internal sealed class WorkerProcesses : IDisposable
{
    private const int Signals = 128; // a process that signal N ended has status 128 + N
    private const int MaxConsecutiveShortRuns = 5; // then the worker is not restarted any more
    private static readonly TimeSpan ShortLife = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Process> _running = []; // guarded by itself
    private readonly BlockingCollection<(WorkerLaunch Launch, int ShortLives)> _toStart = [];
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WorkerProcessOptions _options;
    private readonly Action<WorkerExit> _exited;
    private readonly TimeSpan? _restartDelay;
    private readonly CancellationTokenSource _over = new();
    private readonly Thread _starter;
    private volatile bool _ending;
    private int _warned;

    /// <summary>Starts the workers.</summary>
    /// <param name="launches">One per worker.</param>
    /// <param name="options">Settings.</param>
    /// <param name="restartDelay">Delay between a worker's exit and its restart; null disables restarts.</param>
    /// <param name="exited">Called for each worker process that has exited.</param>
    public WorkerProcesses(IReadOnlyList<WorkerLaunch> launches, WorkerProcessOptions options, TimeSpan? restartDelay,
        Action<WorkerExit> exited)
    {
        (_options, _restartDelay, _exited) = (options, restartDelay, exited);
        Directory.CreateDirectory(options.LogDirectory);
        _starter = new Thread(() => StartAll(launches)) { IsBackground = true, Name = "starts workers" };
        _starter.Start();
    }

    /// <summary>Completes when all workers are started.</summary>
    /// <exception cref="IOException">A worker cannot be started.</exception>
    public Task Started => _started.Task;

    /// <summary>Kills a worker's process in any state, unless the worker has another process by now.</summary>
    public void Kill(string name, int id)
    {
        lock (_running)
            if (_running.TryGetValue(name, out var process) && process.Id == id && !process.HasExited)
                process.Kill(entireProcessTree: true);
    }

    /// <summary>Returns the id of a worker's running process; null if none runs.</summary>
    public int? ProcessOf(string name)
    {
        lock (_running) return _running.TryGetValue(name, out var process) && !process.HasExited ? process.Id : null;
    }

    /// <summary>Waits until all workers have exited, and kills those that exceed <see cref="WorkerProcessOptions.EndTimeout"/>.</summary>
    /// <returns>The names of the workers that were killed.</returns>
    public async Task<IReadOnlyList<string>> EndAsync()
    {
        _ending = true;
        using var bound = new CancellationTokenSource(_options.EndTimeout);
        var late = new List<string>();
        foreach (var (name, process) in All())
        {
            try
            {
                await process.WaitForExitAsync(bound.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                late.Add(name);
            }
        }

        return late;
    }

    /// <summary>Kills every worker that still runs.</summary>
    public void Dispose()
    {
        _ending = true;
        _over.Cancel();
        _toStart.CompleteAdding();
        _starter.Join();
        foreach (var (_, process) in All())
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            process.Dispose();
        }

        _toStart.Dispose();
        _over.Dispose();
    }

    private KeyValuePair<string, Process>[] All()
    {
        lock (_running) return [.. _running];
    }

    private void StartAll(IReadOnlyList<WorkerLaunch> launches)
    {
        TerminationSignals.Block();
        try
        {
            foreach (var launch in launches) Start(launch, FileMode.Create, shortLives: 0);
            _started.SetResult();
        }
        catch (Exception error)
        {
            _started.SetException(error);
        }

        foreach (var (launch, shortLives) in _toStart.GetConsumingEnumerable())
        {
            try
            {
                if (!_ending) Start(launch, FileMode.Append, shortLives);
            }
            catch (IOException error)
            {
                _exited(new WorkerExit(launch.Name, error.Message, 0, IsRestarted: false));
            }
        }
    }

    private void Start(WorkerLaunch launch, FileMode logMode, int shortLives)
    {
        var start = _options.Command(launch);
        (start.RedirectStandardOutput, start.RedirectStandardError, start.RedirectStandardInput, start.UseShellExecute) = (true,
            true, true, false);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new IOException($"Cannot start {launch.Name}: {start.FileName}: {error.Message}", error);
        }

        process.StandardInput.Close();
        lock (_running)
        {
            if (_running.Remove(launch.Name, out var before)) before.Dispose();
            _running.Add(launch.Name, process);
        }

        var path = Path.Combine(_options.LogDirectory, launch.Name + ".log");
        _ = ReportExitAsync(launch, process,
            new WorkerLog(path, logMode, problem => WarnOnce($"{path} cannot be written: {problem}")), shortLives);
    }

    private void WarnOnce(string problem)
    {
        if (Interlocked.Exchange(ref _warned, 1) != 0) return;
        _options.Warn?.Invoke(
            $"warning: the log {problem}. Lines of the workers' logs are lost until there is room; the run is not affected.");
    }

    private async Task ReportExitAsync(WorkerLaunch launch, Process process, WorkerLog log, int shortLives)
    {
        var lived = Stopwatch.StartNew();
        var logging = log.CopyAsync(process);
        try
        {
            await process.WaitForExitAsync().ConfigureAwait(false);
            await logging.ConfigureAwait(false); // the streams end with the process
            shortLives = lived.Elapsed < ShortLife ? shortLives + 1 : 0;
            var restartDelay = shortLives < MaxConsecutiveShortRuns ? _restartDelay : null;
            _exited(new WorkerExit(launch.Name, How(process.ExitCode, log), process.Id,
                IsRestarted: restartDelay is not null && process.ExitCode > Signals));
            if (restartDelay is not { } delay) return;
            await Task.Delay(delay, _over.Token).ConfigureAwait(false);
            if (!_ending) _toStart.Add((launch, shortLives));
        }
        catch (Exception error) when (error is InvalidOperationException or ObjectDisposedException or OperationCanceledException)
        {
            // This object is being disposed.
        }
    }

    private static string How(int status, WorkerLog log)
    {
        if (status > Signals) return $"its process was ended by signal {status - Signals}";
        var how = $"its process ended with status {status}";
        return log.Tail is { Length: > 0 } tail ? $"{how}; its last output (in {log.Path}):\n{tail}" : how;
    }
}

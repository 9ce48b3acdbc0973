using System.ComponentModel;
using System.Diagnostics;

namespace Distributed.Simulation.Processes;

/// <summary>
/// The worker processes of one run. They are started by a thread that lasts as long as this does, since the system ends them with that thread.
/// </summary>
internal sealed class WorkerProcesses : IDisposable
{
    private const int TailBytes = 4096;

    private readonly List<(string Name, Process Process, Task Logging)> _running = [];
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _ended = new();
    private readonly WorkerProcessOptions _options;
    private readonly Thread _starter;

    /// <summary>Starts them.</summary>
    /// <param name="launches">One each.</param>
    /// <param name="options">Settings.</param>
    /// <param name="exited">Told of each that has exited: its name and how.</param>
    public WorkerProcesses(IReadOnlyList<WorkerLaunch> launches, WorkerProcessOptions options, Action<string, string> exited)
    {
        _options = options;
        Directory.CreateDirectory(options.LogDirectory);
        _starter = new Thread(() =>
        {
            try
            {
                foreach (var launch in launches) Start(launch, exited);
                _started.SetResult();
            }
            catch (Exception error)
            {
                _started.SetException(error);
            }

            _ended.Wait();
        })
        { IsBackground = true, Name = "starts workers" };
        _starter.Start();
    }

    /// <summary>Completes when all are started.</summary>
    /// <exception cref="IOException">One cannot be started.</exception>
    public Task Started => _started.Task;

    /// <summary>The process of a worker that still runs; null where there is none.</summary>
    public int? ProcessOf(string name)
    {
        lock (_running) return _running.LastOrDefault(each => each.Name == name && !each.Process.HasExited).Process?.Id;
    }

    /// <summary>Waits for their end, and kills those that take too long.</summary>
    /// <returns>The names of those that were killed.</returns>
    public async Task<IReadOnlyList<string>> EndAsync()
    {
        using var bound = new CancellationTokenSource(_options.EndTimeout);
        var late = new List<string>();
        foreach (var (name, process, _) in _running)
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

    /// <summary>Kills whatever still runs.</summary>
    public void Dispose()
    {
        foreach (var (_, process, _) in _running)
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            process.Dispose();
        }

        _ended.Set();
        _starter.Join();
        _ended.Dispose();
    }

    private void Start(WorkerLaunch launch, Action<string, string> exited)
    {
        var start = _options.Command(launch);
        (start.RedirectStandardOutput, start.RedirectStandardError, start.RedirectStandardInput, start.UseShellExecute) = (true, true, true, false);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new IOException($"{launch.Name} cannot be started: {start.FileName}: {error.Message}", error);
        }

        process.StandardInput.Close();
        var log = Path.Combine(_options.LogDirectory, launch.Name + ".log");
        var logging = LogAsync(process, log);
        lock (_running) _running.Add((launch.Name, process, logging));
        _ = TellAsync(launch.Name, process, logging, log, exited);
    }

    private static async Task LogAsync(Process process, string path)
    {
        var file = new StreamWriter(path) { AutoFlush = true };
        await using (file.ConfigureAwait(false)) await Task.WhenAll(CopyAsync(process.StandardOutput), CopyAsync(process.StandardError)).ConfigureAwait(false);

        async Task CopyAsync(StreamReader from)
        {
            while (await from.ReadLineAsync().ConfigureAwait(false) is { } line)
                lock (file) file.WriteLine(line);
        }
    }

    private static async Task TellAsync(string name, Process process, Task logging, string log, Action<string, string> exited)
    {
        try
        {
            await logging.ConfigureAwait(false); // its streams end with it
            await process.WaitForExitAsync().ConfigureAwait(false);
            exited(name, $"its process ended with status {process.ExitCode}{Tail(log)}");
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or ObjectDisposedException)
        {
            // Its log cannot be written, or this is being disposed: that it has gone is seen by its connection.
        }
    }

    private static string Tail(string log)
    {
        var text = File.ReadAllText(log).Trim();
        return text.Length == 0 ? "" : $"; it wrote last (in {log}):\n{(text.Length > TailBytes ? text[^TailBytes..] : text)}";
    }
}

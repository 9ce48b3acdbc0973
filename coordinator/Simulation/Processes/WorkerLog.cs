using System.Diagnostics;
using System.Text;

namespace Distributed.Simulation.Processes;

/// <summary>
/// What a worker process writes: all of it in a file, the end of it in memory. A file that cannot be written costs lines and never the worker,
/// whose pipes are read to their end in any case: a process whose pipe is full stands still.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="mode">How it is opened, with the first line.</param>
/// <param name="warn">Takes why a line could not be written, for each of them.</param>
internal sealed class WorkerLog(string path, FileMode mode, Action<string> warn)
{
    private const int TailLength = 4096;

    private readonly Lock _gate = new();
    private readonly StringBuilder _tail = new(); // guarded by _gate
    private FileStream? _file; // guarded by _gate

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>The last 4096 characters.</summary>
    public string Tail
    {
        get
        {
            lock (_gate) return _tail.ToString().Trim();
        }
    }

    /// <summary>Reads both streams to their end, and closes them, which <see cref="Process"/> leaves to their reader.</summary>
    public async Task CopyAsync(Process process)
    {
        using var output = process.StandardOutput;
        using var error = process.StandardError;
        try
        {
            await Task.WhenAll(ReadAsync(output), ReadAsync(error)).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate) _file?.Dispose();
        }
    }

    private async Task ReadAsync(StreamReader from)
    {
        while (await from.ReadLineAsync().ConfigureAwait(false) is { } line)
            lock (_gate) Write_NeedsLock(line);
    }

    private void Write_NeedsLock(string line)
    {
        _tail.Append(line).Append('\n');
        if (_tail.Length > TailLength) _tail.Remove(0, _tail.Length - TailLength);
        try
        {
            // Without a buffer: a line of which a part did not fit is written over by the next one.
            (_file ??= new FileStream(path, mode, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0)).Write(Encoding.UTF8.GetBytes(line + '\n'));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            warn(error.Message.TrimEnd('.'));
        }
    }
}

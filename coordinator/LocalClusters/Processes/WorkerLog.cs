using System.Diagnostics;
using System.Text;

namespace Distributed.LocalClusters.Processes;

/// <summary>
/// Writes the output of a worker process to a file and keeps its end in memory. If the file cannot be written, lines are lost. The worker's
/// pipes are read to their end in any case, because a process whose pipe is full blocks.
/// </summary>
/// <param name="path">Path of the file.</param>
/// <param name="mode">How the file is opened when the first line is written.</param>
/// <param name="warn">Receives, for each line that could not be written, the reason.</param>
internal sealed class WorkerLog(string path, FileMode mode, Action<string> warn)
{
    private const int TailLength = 4096;

    private readonly Lock _gate = new();
    private readonly StringBuilder _tail = new(); // guarded by _gate
    private FileStream? _file; // guarded by _gate

    /// <summary>Path of the file.</summary>
    public string Path => path;

    /// <summary>The last 4096 characters of output, trimmed.</summary>
    public string Tail
    {
        get
        {
            lock (_gate) return _tail.ToString().Trim();
        }
    }

    /// <summary>Reads both output streams to their end and closes them: <see cref="Process"/> leaves that to the reader.</summary>
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
            // Unbuffered: the next line overwrites a line of which only a part fitted.
            _file ??= new FileStream(path, mode, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            _file.Write(Encoding.UTF8.GetBytes(line + '\n'));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            warn(error.Message.TrimEnd('.'));
        }
    }
}

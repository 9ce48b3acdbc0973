namespace Distributed.Worker.Faults;

/// <summary>Injects faults into this process.</summary>
public interface IProcessFaults
{
    /// <summary>Kills the process; none of its code runs any more.</summary>
    void Kill();

    /// <summary>Stops all threads of the process, and returns when it continues.</summary>
    /// <param name="length">For how long; null until another process continues it.</param>
    /// <exception cref="PlatformNotSupportedException">The system does not support it.</exception>
    void Stop(TimeSpan? length);
}

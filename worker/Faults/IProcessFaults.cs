namespace Distributed.Worker.Faults;

/// <summary>What can be made to happen to this process.</summary>
public interface IProcessFaults
{
    /// <summary>Ends it, without any of its code being run.</summary>
    void Kill();

    /// <summary>Stands it still, all threads, and returns when it goes on.</summary>
    /// <param name="length">For how long; null until somebody else lets it go on.</param>
    /// <exception cref="PlatformNotSupportedException">Not on this system.</exception>
    void Stop(TimeSpan? length);
}

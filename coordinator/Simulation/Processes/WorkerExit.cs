namespace Distributed.Simulation.Processes;

/// <summary>A worker process that has ended.</summary>
/// <param name="Worker">Its name.</param>
/// <param name="How">For people.</param>
/// <param name="Process">Its number; 0 where it could not be started at all.</param>
/// <param name="ComesBack">Whether it did not end of itself and is started anew: another one of that name may do better.</param>
internal sealed record WorkerExit(string Worker, string How, int Process, bool ComesBack);

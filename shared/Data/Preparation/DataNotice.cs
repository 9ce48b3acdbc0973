namespace Distributed.Data.Preparation;

/// <summary>A way in which prepared data differs from what the options ask for.</summary>
/// <param name="Key">The option's name, as in <see cref="DataProblem"/>.</param>
/// <param name="Message">What differs and why, in full sentences.</param>
public sealed record DataNotice(string Key, string Message);

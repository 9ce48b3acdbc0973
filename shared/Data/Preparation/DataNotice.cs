namespace Distributed.Data.Preparation;

/// <summary>A difference between the prepared data and the options.</summary>
/// <param name="Key">The option's name, as in the problems of <see cref="DataOptions.Validate"/>.</param>
/// <param name="Message">The difference and its reason, in full sentences.</param>
public sealed record DataNotice(string Key, string Message);

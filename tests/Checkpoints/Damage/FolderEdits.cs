namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>Damage to the folder structure: files lost, emptied, exchanged, or replaced by folders and links.</summary>
internal static class FolderEdits
{
    public static Mutation Draw(Random random, CheckpointFiles sound)
    {
        var files = sound.Files.Keys.Order(StringComparer.Ordinal).ToList();
        var (file, other) = (files[random.Next(files.Count)], files[random.Next(files.Count)]);
        return random.Next(12) switch
        {
            0 => new("lost", [file], root => File.Delete(At(root, file))),
            1 => Mutation.Contents("empty", file, []),
            2 => Mutation.Contents("another's contents", file, sound.Files[other]) with { Lies = true },
            3 => new("exchanged", [file, other], root =>
            {
                File.WriteAllBytes(At(root, file), sound.Files[other]);
                File.WriteAllBytes(At(root, other), sound.Files[file]);
            }) { Lies = true },
            4 => Mutation.Contents("of the other step", file, sound.Files[Twin(file, files)]) with { Lies = true },
            5 => new("all of the other step", files, root =>
            {
                foreach (var each in files) File.WriteAllBytes(At(root, each), sound.Files[Twin(each, files)]);
            }) { Lies = true },
            6 => new("a folder", [file], root =>
            {
                File.Delete(At(root, file));
                Directory.CreateDirectory(At(root, file));
            }),
            7 => Link("a link to the same outside", root => Outside(root, sound.Files[file])),
            8 => Link("a link to something else outside", root => Outside(root, ByteEdits.Several(random, sound.Files[file]))),
            9 => Link("a link to nothing", root => At(root, "nothing")),
            10 => Link("a link to itself", root => At(root, file)),
            _ => Link("a link without an end", _ => OperatingSystem.IsWindows() ? "NUL" : "/dev/zero"),
        };

        Mutation Link(string what, Func<string, string> target) => new(what, [file], root =>
        {
            File.Delete(At(root, file));
            File.CreateSymbolicLink(At(root, file), target(root));
        });
    }

    private static string At(string root, string file) => Path.Combine(root, file);

    /// <summary>The file of the same name in the other step's folder; the file itself if there is none.</summary>
    private static string Twin(string file, List<string> files) =>
        files.Find(f => f != file && f.Contains('/') && Path.GetFileName(f) == Path.GetFileName(file)) ?? file;

    private static string Outside(string root, byte[] bytes)
    {
        var path = root + ".outside";
        File.WriteAllBytes(path, bytes);
        return path;
    }
}

namespace OrleansTagging.Commands.Stores;

/// <summary>The group <c>store</c>.</summary>
internal static class StoreCommands
{
    public static CommandGroup Group(Terminal terminal) => new(
        "store",
        "Looks after a store: copies it, tells what nothing refers to, and whether all is as it was written.",
        "tagging store verify --store ./tagging-store",
        new StoreCopyCommand(terminal),
        new StoreCollectCommand(terminal),
        new StoreVerifyCommand(terminal));
}

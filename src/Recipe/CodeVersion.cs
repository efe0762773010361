namespace OrleansTagging.Recipe;

/// <summary>Version of Learning's behaviour; a part of every job's id.</summary>
public static class CodeVersion
{
    /// <summary>
    /// Raise it by hand whenever the same job would give other bytes than before (a feature, a network, the loop, the order of random
    /// numbers); results of the old code are then computed anew instead of being taken for results of the new.
    /// </summary>
    public const string Learning = "3";
}

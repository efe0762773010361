namespace OrleansTagging.Audio.Synthesis;

/// <summary>The classes of the synthetic dataset, in ordinal order of their names.</summary>
internal static class SoundClasses
{
    public static readonly (string Name, SoundModel Model)[] All =
    [
        ("Alarm", Alarm.Sound),
        ("Bass_drum", BassDrum.Sound),
        ("Bell", Bell.Sound),
        ("Bird", Bird.Sound),
        ("Bubbles", Bubbles.Sound),
        ("Chirp", Chirp.Sound),
        ("Clock_tick", ClockTick.Sound),
        ("Engine", Engine.Sound),
        ("Glass", Glass.Sound),
        ("Guitar", Guitar.Sound),
        ("Hi-hat", HiHat.Sound),
        ("Laughter", Laughter.Sound),
        ("Organ", Organ.Sound),
        ("Rain", Rain.Sound),
        ("Siren", Siren.Sound),
        ("Wind", Wind.Sound),
    ];
}

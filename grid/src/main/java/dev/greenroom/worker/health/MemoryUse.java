package dev.greenroom.worker.health;

/// What a worker used when it was last looked at, in bytes; all zero where nobody tells.
///
/// @param worker drivers and browsers, and the program itself if it is this worker's alone
/// @param workerPeak the most that this was
/// @param sessions the browsers that sessions hold
/// @param largestSession of these, the one that uses the most
/// @param sessionPeak the most that one session ever used
public record MemoryUse(long worker, long workerPeak, long sessions, long largestSession, long sessionPeak) {
    /// Nothing was looked at.
    public static final MemoryUse UNKNOWN = new MemoryUse(0, 0, 0, 0, 0);
}

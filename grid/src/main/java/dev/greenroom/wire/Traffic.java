package dev.greenroom.wire;

/// What a session moved.
public record Traffic(long bytesFromClient, long bytesFromWorker, long messagesFromClient, long messagesFromWorker) {
    static final Traffic NONE = new Traffic(0, 0, 0, 0);
}

package dev.greenroom.config;

/// Whether what sessions pass is warmed up.
@Section("Warm-up")
public record WarmUpSettings(
        @Setting(
                name = "WARM_UP",
                fallback = "true",
                meaning =
                        "Whether a worker, or up, runs some thousand sessions of its own after its start, while nobody"
                                + " is there: without a browser, uncounted, for 10 s of work at most. Without them the"
                                + " first sessions take some milliseconds longer to begin.")
        boolean warmUp) {}

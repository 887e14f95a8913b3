package dev.greenroom.worker.recording;

import dev.greenroom.worker.driver.PageViews.PageViewer;
import dev.greenroom.worker.process.ChildProcess.ProcessTree;
import dev.greenroom.worker.process.ExternalCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Makes a video out of the pictures of a page: ffmpeg gets the newest one so many times a second. Thread-safe.
final class VideoWriter implements PageViewer {
    private static final int FRAMES_PER_SECOND = 10;
    private static final long FRAME_NANOS = TimeUnit.SECONDS.toNanos(1) / FRAMES_PER_SECOND;

    /// The most frames that are made up for at once, when ffmpeg or this machine was slow.
    private static final long MOST_AT_ONCE = 5L * FRAMES_PER_SECOND;

    private static final long MOST_FRAMES = TimeUnit.HOURS.toSeconds(1) * FRAMES_PER_SECOND;
    private static final Duration FINISH = Duration.ofSeconds(20);
    private static final int WIDTH = 1280;
    private static final int HEIGHT = 720;

    private final VideoCommand command;
    private final CompletableFuture<Boolean> made = new CompletableFuture<>();
    private byte @Nullable [] newest; // guarded by this
    private boolean over; // guarded by this

    /// Makes the command of ffmpeg that writes this file.
    interface VideoCommand {
        ExternalCommand of(List<String> arguments);
    }

    private VideoWriter(VideoCommand command) {
        this.command = command;
    }

    /// Starts to make a video; ffmpeg is started for the first picture.
    ///
    /// @param name for the thread
    static VideoWriter start(String name, VideoCommand command, Path file) {
        var writer = new VideoWriter(command);
        // Writing to a pipe pins a virtual thread.
        Thread.ofPlatform().daemon().name("video-" + name).start(() -> writer.write(file));
        return writer;
    }

    private static List<String> arguments(Path file) {
        var filter = "scale=w=" + WIDTH + ":h=" + HEIGHT + ":force_original_aspect_ratio=decrease:eval=frame,pad="
                + WIDTH + ":" + HEIGHT + ":0:0:gray";
        return List.of(
                "-loglevel",
                "fatal",
                "-f",
                "image2pipe",
                "-framerate",
                String.valueOf(FRAMES_PER_SECOND),
                "-c:v",
                "mjpeg",
                "-i",
                "pipe:0",
                "-y",
                "-an",
                "-vf",
                filter,
                "-c:v",
                "vp8",
                "-qmin",
                "0",
                "-qmax",
                "50",
                "-crf",
                "8",
                "-deadline",
                "realtime",
                "-speed",
                "8",
                "-b:v",
                "1M",
                "-threads",
                "1",
                "-f",
                "webm",
                file.toString());
    }

    @Override
    public synchronized void picture(Optional<byte[]> jpeg) {
        jpeg.ifPresent(picture -> newest = picture);
        notifyAll();
    }

    @Override
    public void ended(String why) {
        finish();
    }

    /// Ends the video. Completed with whether there is one.
    CompletableFuture<Boolean> finish() {
        synchronized (this) {
            over = true;
            notifyAll();
        }
        return made;
    }

    private void write(Path file) {
        try {
            made.complete(awaitFirst() && encode(command.of(arguments(file)).start(Optional.empty())));
        } catch (IOException e) {
            made.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            made.completeExceptionally(e);
        } finally {
            made.complete(false);
        }
    }

    private synchronized boolean awaitFirst() throws InterruptedException {
        while (newest == null && !over) {
            wait();
        }
        return newest != null;
    }

    private boolean encode(Process ffmpeg) throws IOException, InterruptedException {
        try {
            try (var pictures = ffmpeg.getOutputStream()) {
                var began = System.nanoTime();
                var written = 0L;
                while (written < MOST_FRAMES) {
                    var picture = next(began + written * FRAME_NANOS);
                    var due = (System.nanoTime() - began) / FRAME_NANOS + 1;
                    for (var n = Math.min(due - written, MOST_AT_ONCE); n > 0; n--) {
                        pictures.write(picture);
                    }
                    written = Math.max(due, written);
                    if (isOver()) {
                        pictures.write(picture);
                        break;
                    }
                }
            }
            if (!ffmpeg.waitFor(FINISH.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("ffmpeg did not finish within " + FINISH.toSeconds() + " s");
            }
            if (ffmpeg.exitValue() != 0) {
                throw new IOException("ffmpeg ended with exit code " + ffmpeg.exitValue());
            }
            return true;
        } finally {
            ProcessTree.of(ffmpeg.toHandle()).kill();
        }
    }

    private synchronized boolean isOver() {
        return over;
    }

    /// The newest picture at a time, or earlier when it is over.
    private synchronized byte[] next(long nanos) throws InterruptedException {
        for (var left = nanos - System.nanoTime(); left > 0 && !over; left = nanos - System.nanoTime()) {
            wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
        }
        if (newest == null) {
            throw new IllegalStateException("there was no picture");
        }
        return newest;
    }
}

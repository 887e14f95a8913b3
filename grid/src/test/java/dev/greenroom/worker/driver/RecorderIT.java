package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Which command lines of the video recorder a driver starts.
@Timeout(60)
class RecorderIT {
    private static final String LINES = """
            const {outputOf} = require(process.argv[2]);
            const written = [
              '-loglevel error -f image2pipe -avioflags direct -fpsprobesize 0 -probesize 32 -analyzeduration 0 -c:v mjpeg -i -'
                  + ' -y -an -r 25 -c:v vp8 -qmin 0 -qmax 50 -crf 8 -deadline realtime -speed 8 -b:v 1M -threads 1'
                  + ' -vf pad=800:450:0:0:gray,crop=800:450:0:0',
              '-loglevel error -f image2pipe -avioflags direct -fpsprobesize 0 -probesize 32 -analyzeduration 0 -c:v mjpeg -i pipe:0'
                  + ' -y -an -r 25 -c:v vp8 -qmin 0 -qmax 50 -crf 8 -deadline realtime -speed 8 -b:v 1M -threads 1'
                  + ' -vf pad=800:450:0:0:gray,crop=800:450:0:0',
              "-loglevel error -f matroska -fpsprobesize 0 -probesize 32 -analyzeduration 0 -i pipe:0 -y -an -r 25 -c:v vp8 -qmin 0"
                  + " -qmax 50 -crf 8 -deadline realtime -speed 8 -b:v 1M -threads 1"
                  + " -vf scale=w='min(iw,800)':h='min(ih,450)':force_original_aspect_ratio=decrease:eval=frame,pad=800:450:0:0:gray",
              '-loglevel error -f matroska -fpsprobesize 0 -probesize 32 -analyzeduration 0 -i pipe:0 -y -an -r 25 -c:v libvpx-vp9'
                  + ' -qmin 0 -qmax 50 -crf 8 -deadline realtime -cpu-used 8 -lag-in-frames 0 -b:v 1000k -threads 1 -tile-columns 0'
                  + ' -row-mt 1 -vf pad=800:450:0:0:gray,crop=800:450:0:0 -metadata creation_time=2026-12-01T00:00:00.000Z',
            ].map(line => line.split(' '));
            """;

    @TempDir
    private Path folder;

    @Test
    void what_playwright_s_versions_write_is_accepted_with_its_file() throws Exception {
        assertThat(NodeScript.said(folder, "recorder.js", LINES + """
                for (const args of written)
                  console.log(outputOf([...args, '/tmp/s1/a b.webm']));
                """).lines())
                .hasSize(4)
                .containsOnly("/tmp/s1/a b.webm");
    }

    @Test
    void whatever_else_is_in_a_command_line_nothing_is_recorded() throws Exception {
        assertThat(NodeScript.said(folder, "recorder.js", LINES + """
                const file = '/tmp/s1/a.webm';
                const [args] = written;
                for (const line of [
                  [], ['-y'], [...args], [...args, '/tmp/s1/a.mp4'], [...args, '/etc/passwd', file], [...args, file, '-f', 'null', file],
                  ['-i', '/etc/passwd', ...args, file], ['-f', 'concat', ...args, file], ['-f', 'lavfi', '-i', 'movie=/etc/passwd', file],
                  ['-report', ...args, file], ['-progress', 'http://10.0.0.1/', ...args, file], ['-vf', 'movie=/etc/passwd', file],
                  ['-vf', 'pad=1:1:0:0:gray,movie=x', file], ['-metadata', 'title=x', file], ['-r', '25 -i x', file], ['-threads', '', file]])
                  console.log(outputOf(line));
                """).lines())
                .hasSize(16)
                .containsOnly("undefined");
    }
}

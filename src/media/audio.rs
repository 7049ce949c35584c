//! Speech: MP3, WAV, OGG, FLAC, AAC, 3GP, M4A and MP4 of up to 50 MB, says the service's documentation.

use super::{Medium, Submission, from_everywhere, sealed};
use crate::report::{AnyReport, AudioFindings, AudioReport};
use crate::wire::multipart::Form;

/// The medium audio: recordings of speech, of 3 seconds at least and better 10.
///
/// ```
/// use identifai::Audio;
///
/// let job = Audio::from_url("https://example.com/call.wav").ref_id("call-4");
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Audio {}

impl Audio {
    from_everywhere!("A recording", "call.wav");
}

/// What only recordings can be asked for. `None` is not sent.
#[derive(Clone, Debug, Default)]
pub struct AudioOptions {
    prevent_c2pa_forces: Option<bool>,
}

impl Submission<Audio> {
    /// Whether to keep a C2PA signature from forcing the verdict to artificial. Documented for uploads only.
    /// Default: left to the service, which documents `false`: a signature forces it.
    pub fn prevent_c2pa_forces(self, on: bool) -> Self {
        self.set(|options| options.prevent_c2pa_forces = Some(on))
    }
}

impl Medium for Audio {}

impl sealed::Medium for Audio {
    const NAME: &'static str = "audio";
    const FROM_URL: &'static str = "/api/audio_fromurl";
    const RESULT: &'static str = "/api/classification_audio";
    const RESULTS: &'static str = "/api/classifications_audio";
    const MAX_SIZE: u64 = 50 * 1024 * 1024;
    type Findings = AudioFindings;
    type Options = AudioOptions;

    fn any(report: AudioReport) -> AnyReport {
        AnyReport::Audio(report)
    }

    #[allow(private_interfaces)]
    fn fill(options: &AudioOptions, form: &mut Form<'_>) {
        form.switch_if("prevent_c2pa_forces", options.prevent_c2pa_forces);
    }
}

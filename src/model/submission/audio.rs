//! Speech: MP3, WAV, OGG, FLAC, AAC, 3GP, M4A and MP4 of up to 50 MB, says the service's documentation.

use super::Submission;
use super::constructors::from_everywhere;
use crate::model::fields::Fields;
use crate::model::media_type::MediaType;
use crate::model::medium::{Audio, Medium, sealed};
use crate::model::report::audio::AudioFindings;

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
    const TYPE: MediaType = MediaType::Audio;
    const MAX_SIZE: u64 = 50 * 1024 * 1024;
    type Findings = AudioFindings;
    type Options = AudioOptions;

    #[allow(private_interfaces)]
    fn add_fields(options: &AudioOptions, fields: &mut Fields<'_>) {
        fields.opt_bool("prevent_c2pa_forces", options.prevent_c2pa_forces);
    }
}

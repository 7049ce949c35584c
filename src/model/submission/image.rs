//! Images: PNG, JPEG, GIF, WebP and TIFF of up to 50 MB, says the service's documentation.

use super::Submission;
use super::constructors::from_everywhere;
use crate::model::fields::Fields;
use crate::model::media_type::MediaType;
use crate::model::medium::{Image, Medium, sealed};
use crate::model::report::image::ImageFindings;

impl Image {
    from_everywhere!("An image", "cat.jpg");
}

/// What only images can be asked for. `None` is not sent.
#[derive(Clone, Debug, Default)]
pub struct ImageOptions {
    with_morphing: Option<bool>,
    with_tampering: Option<bool>,
    with_heatmap: Option<bool>,
    with_nsfw: Option<bool>,
    prevent_c2pa_forces: Option<bool>,
}

impl Submission<Image> {
    /// Whether to look for morphing in people's faces, too. Default: left to the service, which documents none.
    pub fn with_morphing(self, on: bool) -> Self {
        self.set(|options| options.with_morphing = Some(on))
    }

    /// Whether to look for manipulation without generative AI, too. Default: left to the service, which documents none.
    pub fn with_tampering(self, on: bool) -> Self {
        self.set(|options| options.with_tampering = Some(on))
    }

    /// Whether to make a heatmap of AI content, too. Default: left to the service, which documents none.
    pub fn with_heatmap(self, on: bool) -> Self {
        self.set(|options| options.with_heatmap = Some(on))
    }

    /// Whether to tell if the image is not safe for work, too. Default: left to the service, which documents none.
    pub fn with_nsfw(self, on: bool) -> Self {
        self.set(|options| options.with_nsfw = Some(on))
    }

    /// Whether to keep a C2PA signature from forcing the verdict to artificial.
    /// Default: left to the service, which documents `false`: a signature forces it.
    pub fn prevent_c2pa_forces(self, on: bool) -> Self {
        self.set(|options| options.prevent_c2pa_forces = Some(on))
    }
}

impl Medium for Image {}

impl sealed::Medium for Image {
    const TYPE: MediaType = MediaType::Image;
    const MAX_SIZE: u64 = 50 * 1024 * 1024;
    type Findings = ImageFindings;
    type Options = ImageOptions;

    #[allow(private_interfaces)]
    fn add_fields(options: &ImageOptions, fields: &mut Fields<'_>) {
        fields.opt_bool("with_morphing", options.with_morphing);
        fields.opt_bool("with_tampering", options.with_tampering);
        fields.opt_bool("with_heatmap", options.with_heatmap);
        fields.opt_bool("with_nsfw", options.with_nsfw);
        fields.opt_bool("prevent_c2pa_forces", options.prevent_c2pa_forces);
    }
}

/** What `aviary diff` says besides dangers, and what it means: `aviary explain CODE`. */
export const diffCodes: Readonly<Record<string, string>> = {
  'charts-not-rendered':
    'HelmReleases change whose chart lies in the tree, and there is no helm with which to see what that does. Their objects are in neither of the two states that are compared.',
  'chart-not-rendered':
    'Helm refuses a chart of the tree with the values of its HelmRelease: its template, its schema or a chart that it depends on. Its objects are missing in the comparison.',
};
